// The baseline that every ratio is taken against: a server on epoll, written by hand, as well as we
// can.

#include "epoll_datagrams.hpp"
#include "epoll_streams.hpp"
#include "server_main.hpp"

#include <sys/socket.h>

#include <cstdio>
#include <exception>

namespace {

void serve(int socket, int stop, const server_main::options& chosen) {
    if (is_stream(chosen.over))
        epoll_streams(socket, stop, chosen).run();
    else
        epoll_datagrams(socket, stop, chosen).run();
}

}  // namespace

int main(int argc, char** argv) try {
    const auto chosen = server_main::parse_command_line(
        argc, argv, "Server on epoll, by hand: the baseline.", {"loop", "threads", "forks"});
    server_main::run(chosen, is_stream(chosen.over) ? SOCK_NONBLOCK : 0, serve);
} catch (const std::exception& error) {
    std::fprintf(stderr, "epoll_echo: %s\n", error.what());
    return 1;
}
