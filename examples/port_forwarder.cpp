// Forwards each connection to another server, both ways. The end of one side's bytes ends those of
// the other, and a side that fails, or is silent for too long, resets the other.

#include "command_line.hpp"
#include "serve_and_tell.hpp"

#include <ringlet/ringlet.hpp>

#include <chrono>
#include <string>
#include <system_error>

namespace {

ringlet::task<> forward(ringlet::stream& client, const std::string& target,
                        std::chrono::milliseconds idle_timeout) {
    std::error_code unreachable;
    ringlet::stream server = co_await ringlet::connect(target, unreachable);
    if (unreachable)
        co_await client.abort();
    else
        co_await ringlet::relay(client, server, {.idle_timeout = idle_timeout});
    co_await server.close();
}

}  // namespace

int main(int argc, char** argv) {
    std::string address = "127.0.0.1:9999";
    std::string target = "127.0.0.1:80";
    std::chrono::milliseconds idle_timeout = ringlet::relay_options().idle_timeout;
    return run_program(
        argc, argv, "Forwards connections to another server.",
        {{"--address", &address, "HOST:PORT at which to listen"},
         {"--target", &target, "HOST:PORT to which to forward, or unix:PATH"},
         {"--idle-timeout", &idle_timeout, "How long both sides may be silent; 0s for ever"}},
        [&] {
            const auto handler = [&](ringlet::stream& client) {
                return forward(client, target, idle_timeout);
            };
            ringlet::tcp_server server(ringlet::address::parse(address), handler);
            serve_and_tell(server);
        });
}
