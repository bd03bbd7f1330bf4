// A peer: Asio's ssl::stream, with coroutines, in one thread.

#include "../servers/server_main.hpp"

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <openssl/ssl.h>

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
namespace ssl = asio::ssl;

asio::awaitable<void> echo(ssl::stream<tcp::socket> client) {
    std::array<std::byte, server_main::buffer_size> buffer;
    std::error_code error;  // exceptions would cost more than the error does
    auto stored = asio::redirect_error(asio::use_awaitable, error);
    co_await client.async_handshake(ssl::stream_base::server, stored);
    while (!error) {
        const auto received = co_await client.async_read_some(asio::buffer(buffer), stored);
        if (!error)
            co_await asio::async_write(client, asio::buffer(buffer, received), stored);
    }
    if (error == asio::error::eof)
        co_await client.async_shutdown(stored);
}

asio::awaitable<void> serve(tcp::acceptor& listener, ssl::context& context) {
    std::error_code error;
    for (;;) {
        auto client =
            co_await listener.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error)
            continue;
        client.set_option(tcp::no_delay(true), error);
        asio::co_spawn(listener.get_executor(), echo({std::move(client), context}), asio::detached);
    }
}

void configure(ssl::context& context, const server_main::options& chosen) {
    context.use_certificate_chain_file(chosen.tls_certificate);
    context.use_private_key_file(chosen.tls_key, ssl::context::pem);
    SSL_CTX* own = context.native_handle();
    SSL_CTX_set_mode(own, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(own, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(own, 1);
    constexpr unsigned char id[] = "echo";
    SSL_CTX_set_session_id_context(own, id, sizeof id);
}

}  // namespace

int main(int argc, char** argv) try {
    const auto chosen = server_main::parse_command_line(
        argc, argv, "Echo server on Asio's ssl::stream.", {"loop"}, server_main::security::tls);
    server_main::require_echo_over_tcp(chosen);
    const auto colon = chosen.address.rfind(':');
    const tcp::endpoint where(
        asio::ip::make_address(chosen.address.substr(0, colon)),
        static_cast<unsigned short>(std::stoi(chosen.address.substr(colon + 1))));
    ssl::context secrets(ssl::context::tls_server);
    configure(secrets, chosen);
    asio::io_context context(1);
    tcp::acceptor listener(context, where);
    listener.listen(4096);
    asio::signal_set stop(context, SIGINT, SIGTERM);
    stop.async_wait([&](auto, int) { context.stop(); });
    asio::co_spawn(context, serve(listener, secrets), asio::detached);
    const auto real = listener.local_endpoint();
    server_main::announce(real.address().to_string() + ':' + std::to_string(real.port()));
    context.run();
} catch (const std::exception& error) {
    std::fprintf(stderr, "asio_tls_echo: %s\n", error.what());
    return 1;
}
