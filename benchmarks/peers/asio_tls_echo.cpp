// A peer: Asio's ssl::stream, with coroutines, in one thread.

#include "asio_server.hpp"

#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>

#include <openssl/ssl.h>

#include <cstdio>
#include <exception>

namespace {

using asio_server::tcp;
namespace ssl = asio::ssl;

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
    ssl::context secrets(ssl::context::tls_server);
    configure(secrets, chosen);
    asio_server::serve(chosen, [&](tcp::socket client) {
        return asio_server::echo(ssl::stream<tcp::socket>(std::move(client), secrets));
    });
} catch (const std::exception& error) {
    std::fprintf(stderr, "asio_tls_echo: %s\n", error.what());
    return 1;
}
