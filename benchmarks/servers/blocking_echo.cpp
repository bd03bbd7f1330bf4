// The classic: a thread or a process for each connection, in which recv and send block.

#include "../checked.hpp"
#include "server_main.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>

namespace {

bool send_all(int fd, const std::byte* data, std::size_t size) {
    while (size > 0) {
        const ssize_t sent = ::send(fd, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            return false;
        const auto gone = static_cast<std::size_t>(sent < 0 ? 0 : sent);
        data += gone;
        size -= gone;
    }
    return true;
}

void echo(int fd) {
    std::array<std::byte, server_main::buffer_size> buffer;
    for (;;) {
        const ssize_t received = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (received < 0 && errno == EINTR)
            continue;
        if (received <= 0 || !send_all(fd, buffer.data(), static_cast<std::size_t>(received)))
            break;
    }
    ::close(fd);
}

void serve_in_child(int listener, int stop, int fd) {
    const pid_t child = ::fork();
    if (child == 0) {
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::close(listener);
        ::close(stop);
        echo(fd);
        ::_exit(0);
    }
    if (child < 0)
        std::perror("blocking_echo: fork");
    ::close(fd);
}

void serve(int listener, int stop, const server_main::options& chosen) {
    std::array<pollfd, 2> ready{pollfd{listener, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
    const bool forks = chosen.concurrency == "fork_per_request";
    for (;;) {
        ::poll(ready.data(), ready.size(), -1);
        if (ready[1].revents != 0)
            return;
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        if (forks)
            serve_in_child(listener, stop, fd);
        else
            std::thread(echo, fd).detach();
    }
}

}  // namespace

int main(int argc, char** argv) try {
    const auto chosen = server_main::parse_command_line(
        argc, argv, "Echo server with a thread or a process for each connection.",
        {"thread_per_request", "fork_per_request"});
    // Reaped, or their CPU time would not count as ours.
    std::signal(SIGCHLD, [](int) {
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
    });
    server_main::run(chosen, SOCK_NONBLOCK, serve);
    std::fflush(stdout);
    ::_exit(0);  // threads may still be with their clients
} catch (const std::exception& error) {
    std::fprintf(stderr, "blocking_echo: %s\n", error.what());
    return 1;
}
