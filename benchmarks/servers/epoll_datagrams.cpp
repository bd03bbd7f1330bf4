#include "epoll_datagrams.hpp"

#include "../checked.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace {

// At one go: as many segments as every kernel takes, and with their headers no more than 64 KiB.
constexpr std::size_t segments_max = 64;
constexpr std::size_t segmented_bytes_max = 65'000;

}  // namespace

epoll_datagrams::epoll_datagrams(int socket, int stop, server_main::options chosen)
    : epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")), socket_(socket),
      stop_(stop), chosen_(std::move(chosen)),
      buffers_(new std::byte[batch * server_main::datagram_size_max]) {
    for (const int fd : {socket_, stop_}) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    }
    for (std::size_t i = 0; i < batch; ++i) {
        data_[i].iov_base = buffers_.get() + i * server_main::datagram_size_max;
        messages_[i].msg_hdr.msg_name = &peers_[i];
        messages_[i].msg_hdr.msg_iov = &data_[i];
        messages_[i].msg_hdr.msg_iovlen = 1;
    }
}

epoll_datagrams::~epoll_datagrams() {
    ::close(epoll_);
}

void epoll_datagrams::run() {
    for (;;) {
        std::array<epoll_event, 2> events{};
        const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
        if (count < 0 && errno != EINTR)
            checked(count, "epoll_wait");
        for (int i = 0; i < count; ++i) {
            if (events[static_cast<std::size_t>(i)].data.fd == stop_)
                return;
            if (chosen_.does == service::source)
                answer_as_source();
            else
                echo_batch();
        }
    }
}

// An error of receiving is that of an earlier answer which found nobody.
void epoll_datagrams::echo_batch() {
    for (std::size_t i = 0; i < batch; ++i) {
        data_[i].iov_len = server_main::datagram_size_max;
        messages_[i].msg_hdr.msg_namelen = sizeof peers_[i];
    }
    const int received = ::recvmmsg(socket_, messages_.data(), batch, MSG_DONTWAIT, nullptr);
    if (received <= 0)
        return;
    const auto count = static_cast<unsigned>(received);
    for (std::size_t i = 0; i < count; ++i)
        data_[i].iov_len = messages_[i].msg_len;
    send_batch(count);
}

// sendmmsg stops at the first that fails: that one is skipped.
void epoll_datagrams::send_batch(unsigned count) {
    for (unsigned sent = 0; sent < count;) {
        const int result = ::sendmmsg(socket_, &messages_[sent], count - sent, MSG_NOSIGNAL);
        sent += result > 0 ? static_cast<unsigned>(result) : 1U;
    }
}

void epoll_datagrams::answer_as_source() {
    for (std::size_t i = 0; i < batch; ++i) {
        sockaddr_storage peer;
        socklen_t size = sizeof peer;
        const ssize_t received =
            ::recvfrom(socket_, buffers_.get(), server_main::datagram_size_max, MSG_DONTWAIT,
                       reinterpret_cast<sockaddr*>(&peer), &size);
        if (received < 0 && errno == EAGAIN)
            return;
        if (received > 0)
            send_cut(peer, size, static_cast<std::size_t>(received));
    }
}

void epoll_datagrams::send_cut(sockaddr_storage& peer, socklen_t peer_size, std::size_t datagrams) {
    const auto segment = static_cast<std::uint16_t>(chosen_.message_bytes);
    const std::size_t at_once =
        std::clamp<std::size_t>(segmented_bytes_max / chosen_.message_bytes, 1, segments_max);
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof segment)> control{};
    while (datagrams > 0) {
        const auto count = std::min(datagrams, at_once);
        iovec data{buffers_.get(), count * chosen_.message_bytes};
        msghdr message{};
        message.msg_name = &peer;
        message.msg_namelen = peer_size;
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr& header = *CMSG_FIRSTHDR(&message);
        header.cmsg_level = IPPROTO_UDP;
        header.cmsg_type = UDP_SEGMENT;
        header.cmsg_len = CMSG_LEN(sizeof segment);
        std::memcpy(CMSG_DATA(&header), &segment, sizeof segment);
        ::sendmsg(socket_, &message, MSG_NOSIGNAL);
        datagrams -= count;
    }
}
