#include "broadcast_clients.hpp"

#include "../checked.hpp"
#include "dial.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace {

constexpr std::size_t receive_bytes_max = 64 * 1024;

}  // namespace

broadcast_clients::broadcast_clients(const endpoint& server, const load_settings& settings)
    : settings_(settings),
      payload_(std::max(settings.message_bytes * settings.pipeline, receive_bytes_max)),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      clients_(settings.connections), buffer_(receive_bytes_max), in_flight_(settings.pipeline) {
    for (client& c : clients_)
        c.socket = dial(server, std::chrono::milliseconds(silence_ms_max));
    greet();
    for (client& c : clients_) {
        checked(::fcntl(c.socket.get(), F_SETFL, O_NONBLOCK), "O_NONBLOCK");
        watch(c, EPOLL_CTL_ADD, EPOLLIN);
    }
}

// Servers take clients in the order in which they connect: what the last one sends comes to all.
void broadcast_clients::greet() {
    const std::byte greeting{};
    std::byte received{1};
    went_through(::send(sender().socket.get(), &greeting, 1, MSG_NOSIGNAL), "send");
    for (client& c : clients_)
        if (::recv(c.socket.get(), &received, 1, 0) != 1 || received != greeting)
            throw server_failure("a message to all did not come to each");
}

slice broadcast_clients::run_until(steady::time_point end) {
    completed_ = 0;
    const auto start = steady::now();
    begin_messages(settings_.pipeline);
    for (std::size_t in_flight = settings_.pipeline; in_flight > 0;) {
        arrived_ = 0;
        const int ready =
            wait_for_events(epoll_.get(), events_.data(), static_cast<int>(events_.size()));
        for (int i = 0; i < ready; ++i) {
            const epoll_event& event = events_[static_cast<std::size_t>(i)];
            if (event.events & EPOLLOUT)
                send_begun();
            if (event.events & ~static_cast<std::uint32_t>(EPOLLOUT))
                receive(*static_cast<client*>(event.data.ptr));
        }
        if (arrived_ > 0 && last_completion_ < end)
            begin_messages(arrived_);
        else
            in_flight -= arrived_;
    }
    return {completed_, last_completion_ - start};
}

void broadcast_clients::begin_messages(std::size_t count) {
    const auto now = steady::now();
    for (std::size_t i = 0; i < count; ++i) {
        numbered(begun_ / settings_.message_bytes) = {now, clients_.size()};
        begun_ += settings_.message_bytes;
    }
    send_begun();
}

void broadcast_clients::send_begun() {
    const auto bytes = payload_.at(sent_, begun_ - sent_);
    const ssize_t sent = ::send(sender().socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    went_through(sent, "send");
    sent_ += static_cast<std::uint64_t>(std::max<ssize_t>(sent, 0));
    const bool awaits_room = sent_ < begun_;
    if (std::exchange(awaits_room_, awaits_room) != awaits_room)
        watch(sender(), EPOLL_CTL_MOD, awaits_room ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void broadcast_clients::receive(client& c) {
    const ssize_t result = ::recv(c.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (result == 0)
        throw server_failure("the server closed a connection");
    if (!went_through(result, "recv"))
        return;
    const auto bytes = static_cast<std::size_t>(result);
    if (c.received + bytes > sent_ ||
        std::memcmp(buffer_.data(), payload_.at(c.received, bytes).data(), bytes) != 0)
        throw server_failure("wrong message: bytes differ from those sent");

    last_completion_ = steady::now();
    const auto first = c.received / settings_.message_bytes;
    c.received += bytes;
    const auto last = c.received / settings_.message_bytes;
    completed_ += last - first;
    for (auto number = first; number < last; ++number) {
        latencies.add(last_completion_ - numbered(number).sent_at);
        if (--numbered(number).missing == 0)
            ++arrived_;
    }
}

void broadcast_clients::watch(client& c, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &c;
    checked(::epoll_ctl(epoll_.get(), operation, c.socket.get(), &event), "epoll_ctl");
}
