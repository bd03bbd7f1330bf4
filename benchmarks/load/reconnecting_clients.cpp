#include "reconnecting_clients.hpp"

#include "../checked.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace {

// The side that closes first keeps the port for a minute (TIME_WAIT), so one address would run out
// of ports within seconds. Each client therefore calls from a loopback address of its own:
// 127.0.1.1, 127.0.1.2, ...
sockaddr_in source_of(std::size_t client) {
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(static_cast<std::uint32_t>((127U << 24) + 257 + client));
    return source;
}

}  // namespace

reconnecting_clients::reconnecting_clients(const endpoint& server, const load_settings& settings)
    : server_(server), settings_(settings), payload_(settings.message_bytes),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      clients_(settings.connections), buffer_(settings.message_bytes) {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        clients_[i].source = source_of(i);
        clients_[i].origin = payload::origin_of(i);
    }
}

slice reconnecting_clients::run_until(steady::time_point end) {
    completed_ = 0;
    in_flight_ = clients_.size();
    const auto start = steady::now();
    for (client& c : clients_)
        connect(c, steady::now());
    while (in_flight_ > 0) {
        const int ready =
            wait_for_events(epoll_.get(), events_.data(), static_cast<int>(events_.size()));
        for (int i = 0; i < ready; ++i) {
            const epoll_event& event = events_[static_cast<std::size_t>(i)];
            proceed(*static_cast<client*>(event.data.ptr), event.events, end);
        }
    }
    return {completed_, last_completion_ - start};
}

void reconnecting_clients::connect(client& c, steady::time_point now) {
    c.sent = c.received = 0;
    c.started = now;
    c.origin += settings_.message_bytes;
    descriptor socket(open_socket(server_.over, SOCK_NONBLOCK));
    if (server_.over == transport::tcp)
        bind_to_source(c, socket.get());
    if (::connect(socket.get(), server_.data(), server_.size) != 0 && errno != EINPROGRESS)
        throw server_failure(std::string("connect: ") + std::strerror(errno));
    c.connection = open_channel(std::move(socket), settings_, c.memory);
    // On loopback TCP's handshake is over by now, as a rule, and the message can go at once.
    send_message(c);
    watch(c, EPOLL_CTL_ADD, c.awaits_room ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void reconnecting_clients::bind_to_source(const client& c, int fd) {
    const int on = 1;
    // Lets connect choose the port, knowing both ends, where bind would have to find one free for
    // any peer.
    checked(::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on),
            "IP_BIND_ADDRESS_NO_PORT");
    checked(::bind(fd, reinterpret_cast<const sockaddr*>(&c.source), sizeof c.source), "bind");
}

void reconnecting_clients::send_message(client& c) {
    const auto rest = payload_.at(c.origin + c.sent, settings_.message_bytes - c.sent);
    const ssize_t sent = c.connection->send(rest);
    went_through(sent, "connect or send");
    c.sent += static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    c.awaits_room = c.sent < settings_.message_bytes && !c.connection->awaits_peer();
}

void reconnecting_clients::proceed(client& c, std::uint32_t events, steady::time_point end) {
    const bool awaited_room = c.awaits_room;
    if ((events & EPOLLOUT) != 0 || c.connection->awaits_peer())
        send_message(c);
    if (c.awaits_room != awaited_room)
        watch(c, EPOLL_CTL_MOD, c.awaits_room ? EPOLLIN | EPOLLOUT : EPOLLIN);
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0 || c.connection->awaits_peer() ||
        !receive_message(c) || !has_ended(c))
        return;
    c.connection->close();
    const auto now = steady::now();
    latencies.add(now - c.started);
    last_completion_ = now;
    ++completed_;
    if (now < end)
        connect(c, now);
    else
        --in_flight_;
}

// Whether all of it has come back.
bool reconnecting_clients::receive_message(client& c) {
    const std::size_t missing = settings_.message_bytes - c.received;
    if (missing == 0)
        return true;
    const ssize_t received = c.connection->receive(std::span(buffer_).first(missing));
    if (received == 0)
        throw server_failure("the server closed a connection");
    went_through(received, "recv");
    const auto bytes = static_cast<std::size_t>(std::max<ssize_t>(received, 0));
    if (std::memcmp(buffer_.data(), payload_.at(c.origin + c.received, bytes).data(), bytes) != 0)
        throw server_failure("wrong echo: bytes differ from those sent");
    c.received += bytes;
    return c.received == settings_.message_bytes;
}

// Whether the connection has ended, where that is the server's part.
bool reconnecting_clients::has_ended(client& c) {
    if (settings_.asked != service::once)
        return true;
    std::byte more;
    const ssize_t received = c.connection->receive(std::span(&more, 1));
    if (received > 0)
        throw server_failure("more came back than was sent");
    if (received < 0)
        went_through(received, "recv");
    return received == 0;
}

void reconnecting_clients::watch(client& c, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &c;
    checked(::epoll_ctl(epoll_.get(), operation, c.connection->native_handle(), &event),
            "epoll_ctl");
}
