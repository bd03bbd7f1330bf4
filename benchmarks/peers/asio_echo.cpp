// A peer: Asio's coroutines in one thread, on its epoll reactor or, built a second time, on
// io_uring.

#include "asio_server.hpp"

#include <cstdio>
#include <exception>

int main(int argc, char** argv) try {
    const auto chosen = server_main::parse_command_line(
        argc, argv, "Echo server on Asio's coroutines, over TCP.", {"loop"});
    asio_server::serve(chosen, asio_server::echo<asio_server::tcp::socket>);
} catch (const std::exception& error) {
    std::fprintf(stderr, "asio_echo: %s\n", error.what());
    return 1;
}
