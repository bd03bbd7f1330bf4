#include <ringlet/ringlet.hpp>
#include <ringlet/tls/handshake.hpp>

#include <array>

ringlet::task<> echo(ringlet::stream& client) {
    std::array<std::byte, 4096> buffer;
    while (const auto size = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(size));
}

int main() {
    const ringlet::tls::server_context context("server.pem", "server.key");
    const ringlet::server_options options{.establish = {ringlet::tls::handshake(context)}};
    ringlet::threading_tcp_server server({"", 9999}, echo, options);
    ringlet::serve_until_signal(server);
}
