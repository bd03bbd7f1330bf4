#include <ringlet/ringlet.hpp>

ringlet::task<> echo(ringlet::stream& client) {
    std::array<std::byte, 16384> buffer;
    while (auto n = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(n));
}

int main() {
    ringlet::tcp_server server({"127.0.0.1", 9999}, echo);
    ringlet::serve_until_signal(server);  // until SIGINT or SIGTERM
}
