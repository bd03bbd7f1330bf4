// Datagrams on epoll as most servers by hand have them: recvfrom and sendto, one at a time.

#include "../checked.hpp"
#include "server_main.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <vector>

namespace {

// So many at most before epoll is asked again, whose other descriptor has to be heard too.
constexpr int burst = 64;

// An error of receiving is that of an earlier answer which found nobody.
void answer_all(int socket, std::vector<std::byte>& buffer, const server_main::options& chosen) {
    for (int i = 0; i < burst; ++i) {
        sockaddr_storage peer;
        socklen_t size = sizeof peer;
        auto* name = reinterpret_cast<sockaddr*>(&peer);
        const ssize_t received =
            ::recvfrom(socket, buffer.data(), buffer.size(), MSG_DONTWAIT, name, &size);
        if (received < 0 && errno == EAGAIN)
            return;
        if (received < 0)
            continue;
        const auto bytes = static_cast<std::size_t>(received);
        if (chosen.does == service::echo)
            ::sendto(socket, buffer.data(), bytes, MSG_NOSIGNAL, name, size);
        else
            for (std::size_t sent = 0; sent < bytes; ++sent)
                ::sendto(socket, buffer.data(), chosen.message_bytes, MSG_NOSIGNAL, name, size);
    }
}

void serve(int socket, int stop, const server_main::options& chosen) {
    const int epoll = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    for (const int fd : {socket, stop}) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        checked(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    }
    std::vector<std::byte> buffer(server_main::datagram_size_max);
    for (;;) {
        std::array<epoll_event, 2> events{};
        const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        if (count < 0 && errno != EINTR)
            checked(count, "epoll_wait");
        for (int i = 0; i < count; ++i) {
            if (events[static_cast<std::size_t>(i)].data.fd == stop)
                return;
            answer_all(socket, buffer, chosen);
        }
    }
}

}  // namespace

int main(int argc, char** argv) try {
    const auto chosen = server_main::parse_command_line(
        argc, argv, "Datagrams on epoll, one at a time.", {"loop", "threads", "forks"});
    if (is_stream(chosen.over))
        throw std::invalid_argument("echoes datagrams only; see --transport");
    server_main::run(chosen, 0, serve);
} catch (const std::exception& error) {
    std::fprintf(stderr, "recvfrom_echo: %s\n", error.what());
    return 1;
}
