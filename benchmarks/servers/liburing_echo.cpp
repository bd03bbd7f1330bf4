// The limit: a server on liburing in C style, by hand, with nothing between it and the kernel.

#include "liburing_broadcast.hpp"
#include "liburing_datagrams.hpp"
#include "liburing_streams.hpp"
#include "server_main.hpp"

#include <cstdio>
#include <exception>
#include <stdexcept>

namespace {

server_main::serve_function server_of(const server_main::options& chosen) {
    if (chosen.does == service::broadcast)
        return serve_broadcast;
    if (!is_stream(chosen.over) && chosen.does != service::echo)
        throw std::invalid_argument("echoes datagrams only");
    return is_stream(chosen.over) ? serve_streams : serve_datagrams;
}

}  // namespace

int main(int argc, char** argv) try {
    const auto chosen = server_main::parse_command_line(
        argc, argv, "Server on liburing, by hand: the limit.", {"loop", "threads", "forks"});
    server_main::run(chosen, 0, server_of(chosen));
} catch (const std::exception& error) {
    std::fprintf(stderr, "liburing_echo: %s\n", error.what());
    return 1;
}
