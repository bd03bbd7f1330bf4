#include <ringlet/ringlet.hpp>

#include <array>
#include <cstddef>
#include <iostream>
#include <span>
#include <thread>

namespace {

ringlet::task<> echo(ringlet::stream& client) {
    std::array<std::byte, 16384> buffer;
    while (auto n = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(n));
}

ringlet::task<bool> echoes(ringlet::address server) {
    constexpr std::array sent{std::byte{42}};
    std::array<std::byte, 1> received{};
    auto stream = co_await ringlet::connect(server);
    co_await stream.send_all(sent);
    co_await stream.recv(received);
    co_return received == sent;
}

}  // namespace

int main() {
    ringlet::tcp_server server({"127.0.0.1", 0}, echo);
    std::thread serving([&] { server.serve_forever(); });
    const bool ok = ringlet::block_on(echoes(server.server_address()));
    server.shutdown();
    serving.join();
    std::cout << (ok ? "OK" : "no echo") << '\n';
    return ok ? 0 : 1;
}
