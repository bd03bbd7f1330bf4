#include "lasting_clients.hpp"

#include "../checked.hpp"
#include "dial.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace {

constexpr std::size_t receive_bytes_max = 256 * 1024;

}  // namespace

lasting_clients::lasting_clients(const endpoint& server, const load_settings& settings)
    : settings_(settings),
      send_bytes_max_(std::max(settings.request_bytes() * settings.pipeline, receive_bytes_max)),
      payload_(send_bytes_max_), epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      clients_(settings.connections), buffer_(receive_bytes_max) {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        clients_[i].origin = payload::origin_of(i);
        descriptor socket = dial(server, std::chrono::milliseconds(silence_ms_max));
        checked(::fcntl(socket.get(), F_SETFL, O_NONBLOCK), "O_NONBLOCK");
        std::shared_ptr<tls_memory> none;
        clients_[i].connection = open_channel(std::move(socket), settings_, none);
        establish(*clients_[i].connection);
        watch(clients_[i], EPOLL_CTL_ADD, EPOLLIN);
    }
}

slice lasting_clients::run_until(steady::time_point end) {
    completed_ = 0;
    const auto start = steady::now();
    if (interval_.count() > 0)
        send_on_schedule(start, end);
    else
        for (client& c : clients_) {
            grant(c, settings_.pipeline, steady::now());
            send_granted(c);
        }
    while (in_flight_ > 0)
        handle_events(
            wait_for_events(epoll_.get(), events_.data(), static_cast<int>(events_.size())), end);
    return {completed_, last_completion_ - start};
}

void lasting_clients::open(double messages_per_second) {
    interval_ = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / messages_per_second));
}

// Looks for answers without sleeping: to be woken late would make messages late. Those that are,
// since this thread was busy, wait for no answer, and count from when they were due.
void lasting_clients::send_on_schedule(steady::time_point start, steady::time_point end) {
    for (auto due = start; due < end;) {
        for (const auto now = steady::now(); due <= now && due < end; due += interval_) {
            client& c = clients_[next_client_++ % clients_.size()];
            grant(c, 1, due);
            send_granted(c);
        }
        const int ready =
            ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), 0);
        handle_events(ready, end);
    }
}

void lasting_clients::handle_events(int ready, steady::time_point end) {
    for (int i = 0; i < ready; ++i) {
        const epoll_event& event = events_[static_cast<std::size_t>(i)];
        auto& c = *static_cast<client*>(event.data.ptr);
        if ((event.events & EPOLLOUT) != 0 || c.connection->awaits_peer())
            send_granted(c);
        if (event.events & ~static_cast<std::uint32_t>(EPOLLOUT))
            receive(c, end);
    }
}

void lasting_clients::establish(channel& connection) {
    while (!connection.establish()) {
        const short awaited = connection.awaits_peer() ? POLLIN : POLLOUT;
        pollfd ready{connection.native_handle(), awaited, 0};
        if (checked(::poll(&ready, 1, silence_ms_max), "poll") == 0)
            throw server_failure("no handshake within " + std::to_string(silence_ms_max) + " ms");
    }
}

void lasting_clients::grant(client& c, std::size_t messages, steady::time_point now) {
    c.granted_at.insert(c.granted_at.end(), messages, now);
    c.granted += messages * settings_.request_bytes();
    in_flight_ += messages;
}

void lasting_clients::send_granted(client& c) {
    const auto length = std::min<std::uint64_t>(c.granted - c.sent, send_bytes_max_);
    const auto bytes = payload_.at(c.origin + c.sent, length);
    const ssize_t sent = c.connection->send(bytes);
    went_through(sent, "send");
    c.sent += static_cast<std::uint64_t>(std::max<ssize_t>(sent, 0));
    const bool awaits_room = c.sent < c.granted && !c.connection->awaits_peer();
    if (awaits_room != c.awaits_room)
        watch(c, EPOLL_CTL_MOD, awaits_room ? EPOLLIN | EPOLLOUT : EPOLLIN);
    c.awaits_room = awaits_room;
}

void lasting_clients::receive(client& c, steady::time_point end) {
    do {
        const ssize_t received = c.connection->receive(buffer_);
        if (received == 0)
            throw server_failure("the server closed a connection");
        if (!went_through(received, "recv"))
            return;
        take(c, static_cast<std::size_t>(received), end);
    } while (c.connection->has_more());
}

void lasting_clients::take(client& c, std::size_t bytes, steady::time_point end) {
    verify(c, bytes);
    const auto now = steady::now();
    const auto finished = complete_messages(c, bytes, now);
    if (finished == 0)
        return;
    in_flight_ -= finished;
    if (now < end && interval_.count() == 0) {
        grant(c, finished, now);
        send_granted(c);
    }
}

// Checks the bytes that have come. Those of a sink and a source have no content, only a length.
void lasting_clients::verify(const client& c, std::size_t bytes) const {
    const auto asked_for = settings_.asked == service::echo
                               ? c.sent
                               : c.sent / settings_.request_bytes() * settings_.response_bytes();
    if (c.received + bytes > asked_for)
        throw server_failure("wrong answer: more came back than was asked for");
    if (settings_.asked == service::echo &&
        std::memcmp(buffer_.data(), payload_.at(c.origin + c.received, bytes).data(), bytes) != 0)
        throw server_failure("wrong echo: bytes differ from those sent");
}

std::size_t lasting_clients::complete_messages(client& c, std::size_t bytes,
                                               steady::time_point now) {
    const auto first = c.received / settings_.response_bytes();
    c.received += bytes;
    const auto last = c.received / settings_.response_bytes();
    for (auto number = first; number < last; ++number) {
        latencies.add(now - c.granted_at.front());
        c.granted_at.pop_front();
    }
    completed_ += last - first;
    last_completion_ = now;
    return last - first;
}

void lasting_clients::watch(client& c, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &c;
    checked(::epoll_ctl(epoll_.get(), operation, c.connection->native_handle(), &event),
            "epoll_ctl");
}
