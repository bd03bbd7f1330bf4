// The server under test over TLS: ringlet's, as a user would write it, with default settings. The
// handlers are those of ringlet_echo; they do not notice.

#include "server_main.hpp"

#include <ringlet/ringlet.hpp>
#include <ringlet/tls/handshake.hpp>
#include <ringlet/tls/server_context.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <span>

namespace {

ringlet::task<> echo(ringlet::stream& client) {
    std::array<std::byte, server_main::buffer_size> received;
    while (auto n = co_await client.recv(received))
        co_await client.send_all(std::span(received).first(n));
}

ringlet::task<> echo_lent(ringlet::stream& client) {
    while (const auto received = co_await client.recv_lent())
        co_await client.send_all(received);
}

ringlet::server* running = nullptr;  // for the signal handler, which takes no argument

void stop(int) {
    running->shutdown(std::chrono::seconds(0));  // the load may still be connected
}

void serve(const server_main::options& chosen) {
    const ringlet::tls::server_context context(chosen.tls_certificate, chosen.tls_key);
    ringlet::server_options options;
    options.establish = {ringlet::tls::handshake(context)};
    if (chosen.spin_max >= chosen.spin_max.zero())
        options.loop.spin_max = chosen.spin_max;
    ringlet::tcp_server server(ringlet::address::parse(chosen.address),
                               chosen.lend ? echo_lent : echo, options);
    running = &server;
    std::signal(SIGINT, stop);
    std::signal(SIGTERM, stop);
    server_main::announce(server.server_address().to_string());
    server.serve_forever();
}

}  // namespace

int main(int argc, char** argv) try {
    const auto chosen = server_main::parse_command_line(
        argc, argv, "Echo server on ringlet, over TLS.", {"loop"}, server_main::security::tls);
    server_main::require_echo_over_tcp(chosen);
    serve(chosen);
} catch (const std::exception& error) {
    std::fprintf(stderr, "ringlet_tls_echo: %s\n", error.what());
    return 1;
}
