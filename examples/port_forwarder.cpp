// Forwards each connection to another server, both ways. The end of one side's bytes ends those of
// the other, and a side that fails, or is silent for too long, resets the other. It may stand
// behind a proxy, and may tell the other server who the client is.

#include "command_line.hpp"
#include "proxy.hpp"
#include "serve_and_tell.hpp"

#include <ringlet/daemon/send_proxy_header.hpp>
#include <ringlet/ringlet.hpp>

#include <chrono>
#include <string>
#include <system_error>

namespace {

/// The server to which connections go, and how.
struct target_server {
    std::string address = "127.0.0.1:80";
    std::chrono::milliseconds idle_timeout = ringlet::relay_options().idle_timeout;
    header_to_send header;
};

ringlet::task<> forward(ringlet::stream& client, const ringlet::address& from,
                        const target_server& target) {
    std::error_code unreachable;
    ringlet::stream server = co_await ringlet::connect(target.address, unreachable);
    if (const auto version = target.header.chosen(); version && !unreachable) {
        ringlet::daemon::proxy_header header = ringlet::daemon::proxy_header_of(client, from);
        header.version = *version;
        co_await ringlet::daemon::send_proxy_header(server, header, unreachable);
    }
    if (unreachable)
        co_await client.abort();
    else
        co_await ringlet::relay(client, server, {.idle_timeout = target.idle_timeout});
    co_await server.close();
}

}  // namespace

int main(int argc, char** argv) {
    std::string address = "127.0.0.1:9999";
    target_server target;
    proxies_in_front proxies;
    return run_program(
        argc, argv, "Forwards connections to another server.",
        with_header(target.header,
                    with_proxies(proxies, {{"--address", &address, "HOST:PORT at which to listen"},
                                           {"--target", &target.address,
                                            "HOST:PORT to which to forward, or unix:PATH"},
                                           {"--idle-timeout", &target.idle_timeout,
                                            "How long both sides may be silent; 0s for ever"}})),
        [&] {
            ringlet::server_options options;
            accept_proxies(options, proxies);
            const auto handler = [&](ringlet::stream& client, const ringlet::address& from) {
                return forward(client, from, target);
            };
            ringlet::tcp_server server(ringlet::address::parse(address), handler, options);
            serve_and_tell(server);
        });
}
