#pragma once

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
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

/// A server on Asio's coroutines, in one thread.
namespace asio_server {

using asio::ip::tcp;

/// Sends back what a client sends, over TLS where the stream is one of that.
template <class Stream>
asio::awaitable<void> echo(Stream client) {
    constexpr bool secured = !std::is_same_v<Stream, tcp::socket>;
    std::array<std::byte, server_main::buffer_size> buffer;
    std::error_code error;  // exceptions would cost more than the error does
    auto stored = asio::redirect_error(asio::use_awaitable, error);
    if constexpr (secured)
        co_await client.async_handshake(Stream::server, stored);
    while (!error) {
        const auto received = co_await client.async_read_some(asio::buffer(buffer), stored);
        if (!error)
            co_await asio::async_write(client, asio::buffer(buffer, received), stored);
    }
    if constexpr (secured)
        if (error == asio::error::eof)
            co_await client.async_shutdown(stored);
}

template <class Handler>
asio::awaitable<void> accept_all(tcp::acceptor& listener, Handler& handle) {
    std::error_code error;
    for (;;) {
        auto client =
            co_await listener.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error)
            continue;
        client.set_option(tcp::no_delay(true), error);
        asio::co_spawn(listener.get_executor(), handle(std::move(client)), asio::detached);
    }
}

/// Serves each connection by `handle(socket)` until a signal comes.
template <class Handler>
void serve(const server_main::options& chosen, Handler handle) {
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
    asio::co_spawn(context, accept_all(listener, handle), asio::detached);
    const auto real = listener.local_endpoint();
    server_main::announce(real.address().to_string() + ':' + std::to_string(real.port()));
    context.run();
}

}  // namespace asio_server
