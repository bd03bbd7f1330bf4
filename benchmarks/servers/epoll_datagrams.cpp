#include "epoll_datagrams.hpp"

#include "checked.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>

epoll_datagrams::epoll_datagrams(int socket, int stop)
    : epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")), socket_(socket),
      stop_(stop), buffers_(new std::byte[batch * server_main::datagram_size_max]) {
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
