// The server under test: ringlet's echo, as a user would write it, with default settings.

#include "echo_server.hpp"

#include <ringlet/ringlet.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <span>

namespace {

ringlet::task<> echo(ringlet::stream& client) {
    std::array<std::byte, echo_server::buffer_size> buffer;
    while (auto n = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(n));
}

ringlet::tcp_server* running = nullptr;  // for the signal handler, which takes no argument

void stop(int) {
    running->shutdown(std::chrono::seconds(0));  // the load may still be connected
}

}  // namespace

int main(int argc, char** argv) try {
    const auto where = echo_server::parse_command_line(argc, argv, "Echo server on ringlet.");
    ringlet::tcp_server server({where.host, where.port}, echo);
    running = &server;
    std::signal(SIGINT, stop);
    std::signal(SIGTERM, stop);
    echo_server::announce(where.host, server.server_address().port());
    server.serve_forever();
} catch (const std::exception& error) {
    std::fprintf(stderr, "ringlet_echo: %s\n", error.what());
    return 1;
}
