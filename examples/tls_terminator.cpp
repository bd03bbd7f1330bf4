// Takes TLS on one side and speaks plain to a backend on the other, so that a server which knows
// nothing of TLS can be reached by it, and is told who the client is and how it speaks TLS. The
// terminator bounds what strangers can take: how many connections and handshakes there are at a
// time, and how long each step may take. New certificates are read when their files change.

#include "command_line.hpp"
#include "proxy.hpp"
#include "serve_and_tell.hpp"
#include "tls.hpp"

#include <ringlet/daemon/send_proxy_header.hpp>
#include <ringlet/ringlet.hpp>
#include <ringlet/tls/session.hpp>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace {

/// The server behind, and how long it may take.
struct backend {
    std::string address = "127.0.0.1:80";
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds idle_timeout{60'000};
    header_to_send header;
};

void report(const ringlet::address& client, const char* what, std::error_code error) {
    ringlet::log(ringlet::log_level::warning, what, {{"client", client}, {"error", error}});
}

/// What the backend is told of a client: its address, and what it and the terminator agreed on.
ringlet::daemon::proxy_header header_for(ringlet::stream& client, const ringlet::address& from) {
    using ringlet::daemon::proxy_tlv;
    ringlet::daemon::proxy_header header = ringlet::daemon::proxy_header_of(client, from);
    const auto session = ringlet::tls::session_of(client);
    if (!session)
        return header;
    if (!session->application_protocol.empty())
        header.set(proxy_tlv::alpn, session->application_protocol);
    if (!session->server_name.empty())
        header.set(proxy_tlv::authority, session->server_name);
    const bool certified = !session->peer_certificates.empty();
    const bool newest = session->version == ringlet::tls::version::tls1_3;
    header.set_tls({.certificate_shown = certified && !session->resumed,
                    .certificate_known = certified,
                    .verified = certified,
                    .version = newest ? "TLSv1.3" : "TLSv1.2",
                    .cipher = session->cipher});
    return header;
}

/// Passes on what client and backend say, and their ends. A client for whom there is no backend, or
/// whose backend fails, is cut off, so that it takes no part for the whole.
ringlet::task<> terminate(ringlet::stream& client, const ringlet::address& from,
                          const backend& behind) {
    std::error_code unreachable;
    const ringlet::connect_options patience{.timeout = behind.connect_timeout};
    ringlet::stream server = co_await ringlet::connect(behind.address, patience, unreachable);
    if (const auto version = behind.header.chosen(); version && !unreachable) {
        ringlet::daemon::proxy_header header = header_for(client, from);
        header.version = *version;
        co_await ringlet::daemon::send_proxy_header(server, header, unreachable);
    }
    if (unreachable) {
        report(from, "the backend cannot be reached", unreachable);
        co_await client.abort();
    } else {
        const auto ended =
            co_await ringlet::relay(client, server, {.idle_timeout = behind.idle_timeout});
        if (ended.other_error && !ended.one_error)
            report(from, "the backend has failed", ended.other_error);
    }
    co_await server.close();
}

}  // namespace

int main(int argc, char** argv) {
    std::string address = "127.0.0.1:8443";
    backend behind;
    tls_server_files files;
    proxies_in_front proxies;
    ringlet::server_options options;
    options.max_connections = 10'000;
    return run_program(
        argc, argv, "Ends TLS in front of a server that has none.",
        with_tls(
            files,
            with_header(
                behind.header,
                with_proxies(
                    proxies,
                    {{"--address", &address, "HOST:PORT at which to listen"},
                     {"--backend", &behind.address, "HOST:PORT to which to speak, or unix:PATH"},
                     {"--max-connections", &options.max_connections, "How many there may be"},
                     {"--max-handshakes", &options.establishing_max, "How many at a time"},
                     {"--handshake-timeout", &options.establish_timeout, "How long one may take"},
                     {"--connect-timeout", &behind.connect_timeout,
                      "How long the backend may take"},
                     {"--idle-timeout", &behind.idle_timeout, "How long both may be silent"}}))),
        [&] {
            if (files.certificate.empty())
                throw std::invalid_argument("--tls-certificate and --tls-key are needed");
            accept_proxies(options, proxies);
            speak_tls(options, files);
            const auto handler = [&](ringlet::stream& client, const ringlet::address& from) {
                return terminate(client, from, behind);
            };
            ringlet::tcp_server server(ringlet::address::parse(address), handler, options);
            serve_and_tell(server);
        });
}
