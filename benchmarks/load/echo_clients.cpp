#include "echo_clients.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace {

constexpr std::size_t receive_bytes_max = 256 * 1024;

}  // namespace

echo_clients::echo_clients(const sockaddr_in& server, const load_settings& settings)
    : settings_(settings),
      payload_(std::max(settings.message_bytes * settings.pipeline, receive_bytes_max)),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      clients_(settings.connections), buffer_(receive_bytes_max) {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        clients_[i].origin = payload::origin_of(i);
        clients_[i].granted_at.resize(settings_.pipeline);
        connect(clients_[i], server);
    }
}

// Blocking, with a limit in time; non-blocking from then on.
void echo_clients::connect(client& c, const sockaddr_in& server) {
    c.socket =
        descriptor(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP), "socket"));
    const int fd = c.socket.get();
    const int on = 1;
    const timeval patience{silence_ms_max / 1000, 0};
    checked(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    checked(::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience), "SO_SNDTIMEO");
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0)
        throw server_failure(std::string("connect: ") +
                             std::strerror(errno == EINPROGRESS ? ETIMEDOUT : errno));
    checked(::fcntl(fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

slice echo_clients::run_until(steady::time_point end) {
    completed_ = 0;
    in_flight_ = settings_.connections * settings_.pipeline;
    const auto start = steady::now();
    for (client& c : clients_) {
        grant(c, settings_.pipeline, steady::now());
        send_granted(c);
    }
    while (in_flight_ > 0) {
        const int ready =
            wait_for_events(epoll_.get(), events_.data(), static_cast<int>(events_.size()));
        for (int i = 0; i < ready; ++i) {
            const epoll_event& event = events_[static_cast<std::size_t>(i)];
            auto& c = *static_cast<client*>(event.data.ptr);
            if (event.events & EPOLLOUT)
                send_granted(c);
            if (event.events & ~static_cast<std::uint32_t>(EPOLLOUT))
                receive(c, end);
        }
    }
    return {completed_, last_completion_ - start};
}

void echo_clients::grant(client& c, std::size_t messages, steady::time_point now) {
    auto number = c.granted / settings_.message_bytes;
    for (std::size_t i = 0; i < messages; ++i)
        c.granted_at[number++ % settings_.pipeline] = now;
    c.granted += messages * settings_.message_bytes;
}

void echo_clients::send_granted(client& c) {
    const auto bytes = payload_.at(c.origin + c.sent, c.granted - c.sent);
    const ssize_t sent = ::send(c.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        throw server_failure(std::string("send: ") + std::strerror(errno));
    c.sent += static_cast<std::uint64_t>(std::max<ssize_t>(sent, 0));
    const bool awaits_room = c.sent < c.granted;
    if (awaits_room != c.awaits_room)
        watch(c, EPOLL_CTL_MOD, awaits_room ? EPOLLIN | EPOLLOUT : EPOLLIN);
    c.awaits_room = awaits_room;
}

void echo_clients::receive(client& c, steady::time_point end) {
    const ssize_t received = ::recv(c.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (received == 0)
        throw server_failure("the server closed a connection");
    if (received < 0) {
        if (errno == EAGAIN || errno == EINTR)
            return;
        throw server_failure(std::string("recv: ") + std::strerror(errno));
    }
    const auto bytes = static_cast<std::size_t>(received);
    if (c.received + bytes > c.sent)
        throw server_failure("wrong echo: more came back than was sent");
    if (std::memcmp(buffer_.data(), payload_.at(c.origin + c.received, bytes).data(), bytes) != 0)
        throw server_failure("wrong echo: bytes differ from those sent");

    const auto now = steady::now();
    const auto finished = complete_messages(c, bytes, now);
    if (finished == 0)
        return;
    if (now < end) {
        grant(c, finished, now);
        send_granted(c);
    } else {
        in_flight_ -= finished;
    }
}

std::size_t echo_clients::complete_messages(client& c, std::size_t bytes, steady::time_point now) {
    const auto first = c.received / settings_.message_bytes;
    c.received += bytes;
    const auto last = c.received / settings_.message_bytes;
    for (auto number = first; number < last; ++number)
        latencies.add(now - c.granted_at[number % settings_.pipeline]);
    completed_ += last - first;
    last_completion_ = now;
    return last - first;
}

void echo_clients::watch(client& c, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &c;
    checked(::epoll_ctl(epoll_.get(), operation, c.socket.get(), &event), "epoll_ctl");
}
