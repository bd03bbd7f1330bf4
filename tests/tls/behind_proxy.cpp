// TLS and the PROXY protocol on one connection, in either order.

#include "captured_log.hpp"
#include "catch.hpp"
#include "receive.hpp"
#include "run_coroutine.hpp"
#include "server/every_server.hpp"
#include "serving_thread.hpp"
#include "tls/engine_pair.hpp"

#include <ringlet/daemon/proxied.hpp>
#include <ringlet/daemon/proxy.hpp>
#include <ringlet/daemon/send_proxy_header.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/tls/handshake.hpp>
#include <ringlet/tls/session.hpp>
#include <ringlet/tls/upgrade.hpp>

#include <string>

namespace tests::tls_behind_proxy {

using ringlet::address;
using ringlet::stream;
using ringlet::task;
using ringlet::daemon::proxied;
using ringlet::daemon::proxy_header;
using ringlet::daemon::proxy_tlv;
using ringlet::daemon::send_proxy_header;

namespace {

const ringlet::daemon::proxy step({.trusted = {"127.0.0.0/8"}, .trust_unix = true});

/// Tells a client its address, and what is known of it besides.
constexpr auto tell = [](auto& client, const address& from) -> task<> {
    const std::string heard = co_await hear(client);
    std::string answer = from.to_string() + " " + std::string(proxied(client)->alpn().value_or(""));
    if constexpr (std::is_same_v<decltype(client), stream&>)
        answer += " " + std::string(to_string(ringlet::tls::session_of(client)->version));
    co_await say(client, answer + " " + heard);
};

/// What a server answers a client that has sent a header either before TLS or inside it.
std::string ask(const address& server, bool inside) {
    static const ringlet::tls::client_context context(client_options());
    proxy_header header{.source = "192.0.2.1:4660", .destination = "198.51.100.2:443"};
    header.set(proxy_tlv::alpn, "h2");
    return run_coroutine([&]() -> task<std::string> {
        stream connected = co_await ringlet::connect(server);
        if (!inside)
            co_await send_proxy_header(connected, header);
        connected = co_await ringlet::tls::upgrade(std::move(connected), context, "localhost");
        if (inside)
            co_await send_proxy_header(connected, header);
        co_await connected.send_all("hello");
        co_await connected.end_sending();
        std::string answer = co_await receive(connected, 1'000);
        co_await connected.close();
        co_return answer;
    });
}

}  // namespace

TEST_CASE("every stream server knows its client from a header before TLS", "[tls]") {
    const server_kind kind = GENERATE(from_range(every_kind_of_stream()));
    CAPTURE(kind);
    ringlet::server_options options;
    options.establish = {step,
                         ringlet::tls::handshake(ringlet::tls::server_context(server_options()))};
    any_server server(kind, tell, options);
    const serving_thread serving(*server);
    CHECK(ask(server->server_address(), false) == "192.0.2.1:4660 h2 TLS 1.3 hello");
}

TEST_CASE("a header may come inside TLS, and not before it then", "[tls]") {
    const captured_log log;
    ringlet::server_options options;
    options.establish = {ringlet::tls::handshake(ringlet::tls::server_context(server_options())),
                         step};
    any_server server({transport::tcp, ringlet::concurrency::loop}, tell, options);
    const serving_thread serving(*server);
    CHECK(ask(server->server_address(), true) == "192.0.2.1:4660 h2 TLS 1.3 hello");
    CHECK_THROWS_AS(ask(server->server_address(), false), std::system_error);
}

}  // namespace tests::tls_behind_proxy
