// A peer: Asio's coroutines in one thread, on its epoll reactor or, built a second time, on
// io_uring.

#include "../servers/server_main.hpp"

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

namespace {

using asio::ip::tcp;

asio::awaitable<void> echo(tcp::socket client) {
    std::array<std::byte, server_main::buffer_size> buffer;
    std::error_code error;  // exceptions would cost more than the error does
    for (;;) {
        const auto received = co_await client.async_read_some(
            asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
        if (error)
            co_return;
        co_await asio::async_write(client, asio::buffer(buffer, received),
                                   asio::redirect_error(asio::use_awaitable, error));
        if (error)
            co_return;
    }
}

asio::awaitable<void> serve(tcp::acceptor& listener) {
    std::error_code error;
    for (;;) {
        auto client =
            co_await listener.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error)
            continue;
        client.set_option(tcp::no_delay(true), error);
        asio::co_spawn(listener.get_executor(), echo(std::move(client)), asio::detached);
    }
}

}  // namespace

int main(int argc, char** argv) try {
    const auto chosen = server_main::parse_command_line(
        argc, argv, "Echo server on Asio's coroutines, over TCP.", {"loop"});
    server_main::require_echo_over_tcp(chosen);
    const auto colon = chosen.address.rfind(':');
    const tcp::endpoint where(
        asio::ip::make_address(chosen.address.substr(0, colon)),
        static_cast<unsigned short>(std::stoi(chosen.address.substr(colon + 1))));
    asio::io_context context(1);
    tcp::acceptor listener(context, where);
    listener.listen(4096);
    asio::signal_set stop(context, SIGINT, SIGTERM);
    stop.async_wait([&](auto, int) { context.stop(); });
    asio::co_spawn(context, serve(listener), asio::detached);
    const auto real = listener.local_endpoint();
    server_main::announce(real.address().to_string() + ':' + std::to_string(real.port()));
    context.run();
} catch (const std::exception& error) {
    std::fprintf(stderr, "asio_echo: %s\n", error.what());
    return 1;
}
