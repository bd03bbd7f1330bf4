#include "datagram_clients.hpp"

#include "../checked.hpp"
#include "dial.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace {

using namespace std::chrono_literals;

// On loopback an answer takes microseconds, or milliseconds from a server that is busy.
constexpr auto lost_after = 100ms;

constexpr auto silence_max = 5s;

}  // namespace

datagram_clients::datagram_clients(const endpoint& server, const load_settings& settings)
    : settings_(settings), payload_(settings.message_bytes),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      clients_(settings.connections), buffer_(settings.message_bytes + 1) {
    if (settings.message_bytes < sizeof(number))
        throw std::invalid_argument("datagrams have at least 8 bytes here");
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        client& c = clients_[i];
        c.origin = payload::origin_of(i);
        c.socket = dial(server, silence_max);
        checked(::fcntl(c.socket.get(), F_SETFL, O_NONBLOCK), "O_NONBLOCK");
        watch(c, EPOLL_CTL_ADD, EPOLLIN);
    }
}

slice datagram_clients::run_until(steady::time_point end) {
    completed_ = 0;
    in_flight_ = clients_.size();
    const auto start = steady::now();
    next_look_ = start + lost_after;
    for (client& c : clients_)
        begin_next(c, steady::now());
    while (in_flight_ > 0) {
        const int ready = ::epoll_wait(epoll_.get(), events_.data(),
                                       static_cast<int>(events_.size()), lost_after / 1ms);
        if (ready < 0 && errno != EINTR)
            checked(ready, "epoll_wait");
        for (int i = 0; i < ready; ++i) {
            const epoll_event& event = events_[static_cast<std::size_t>(i)];
            auto& c = *static_cast<client*>(event.data.ptr);
            if (event.events & EPOLLOUT)
                send_current(c);
            if (event.events & ~static_cast<std::uint32_t>(EPOLLOUT))
                receive(c, end);
        }
        if (const auto now = steady::now(); now >= next_look_)
            send_lost_again(now);
    }
    return {completed_, last_completion_ - start};
}

void datagram_clients::begin_next(client& c, steady::time_point now) {
    ++c.current;
    c.waits = true;
    c.first_sent = c.last_sent = now;
    send_current(c);
}

void datagram_clients::send_current(client& c) {
    const auto rest = rest_of_current(c);
    std::array<iovec, 2> pieces{iovec{&c.current, sizeof c.current},
                                iovec{const_cast<std::byte*>(rest.data()), rest.size()}};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    const bool awaits_room =
        !went_through(::sendmsg(c.socket.get(), &message, MSG_NOSIGNAL), "sendmsg");
    if (awaits_room != c.awaits_room)
        watch(c, EPOLL_CTL_MOD, awaits_room ? EPOLLIN | EPOLLOUT : EPOLLIN);
    c.awaits_room = awaits_room;
}

void datagram_clients::receive(client& c, steady::time_point end) {
    const ssize_t received = ::recv(c.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (!went_through(received, "recv") || !is_current(c, static_cast<std::size_t>(received)))
        return;
    const auto now = steady::now();
    latencies.add(now - c.first_sent);
    last_completion_ = now;
    ++completed_;
    c.waits = false;
    if (now < end)
        begin_next(c, now);
    else
        --in_flight_;
}

// False for the late echo of one before.
bool datagram_clients::is_current(const client& c, std::size_t bytes) const {
    number echoed = 0;
    if (bytes != settings_.message_bytes)
        throw server_failure("wrong echo: " + std::to_string(bytes) + " bytes");
    std::memcpy(&echoed, buffer_.data(), sizeof echoed);
    if (echoed < c.current || (echoed == c.current && !c.waits))
        return false;
    const auto rest = rest_of_current(c);
    if (echoed != c.current ||
        std::memcmp(buffer_.data() + sizeof echoed, rest.data(), rest.size()) != 0)
        throw server_failure("wrong echo: bytes differ from those sent");
    return true;
}

std::span<const std::byte> datagram_clients::rest_of_current(const client& c) const {
    return payload_.at(c.origin + c.current * settings_.message_bytes,
                       settings_.message_bytes - sizeof(number));
}

void datagram_clients::send_lost_again(steady::time_point now) {
    next_look_ = now + lost_after / 4;
    for (client& c : clients_) {
        if (!c.waits || c.awaits_room || now - c.last_sent < lost_after)
            continue;
        if (now - c.first_sent > silence_max)
            throw server_failure("no answer for 5 s");
        ++lost;
        c.last_sent = now;
        send_current(c);
    }
}

void datagram_clients::watch(client& c, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &c;
    checked(::epoll_ctl(epoll_.get(), operation, c.socket.get(), &event), "epoll_ctl");
}
