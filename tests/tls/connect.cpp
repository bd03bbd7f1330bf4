#include "byte_pattern.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "tls/secured_pair.hpp"

#include <ringlet/net/listener.hpp>
#include <ringlet/tls/connect.hpp>
#include <ringlet/tls/errc.hpp>
#include <ringlet/tls/session.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::tls_connect {

using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::detail::joinable_task_group;
using ringlet::tls::client_context;
using ringlet::tls::errc;
using ringlet::tls::server_context;

namespace {

/// Serves one client of `door`: sends back what comes.
task<> serve_one(ringlet::listener& door, const server_context& context) {
    stream plain = co_await door.accept();
    std::error_code error;
    stream client = co_await ringlet::tls::upgrade(std::move(plain), context, error);
    if (error)
        co_return;
    std::array<char, 1000> buffer;
    while (const std::size_t size = co_await client.recv(buffer, error))
        co_await client.send_all(ringlet::const_buffer(buffer.data(), size), error);
    co_await client.close();
}

}  // namespace

TEST_CASE("a client connects to a server, and speaks TLS", "[tls]") {
    run_without_leak([](loop& owner) -> task<> {
        ringlet::listener door(owner, ringlet::address("127.0.0.1", 0));
        const server_context server(server_options());
        const client_context client(client_options());
        for (const char* const host : {"127.0.0.1", "localhost"}) {
            joinable_task_group group;
            group.spawn(serve_one(door, server));
            stream connected =
                co_await ringlet::tls::connect(host, door.local_address().port(), client);
            const std::string text = byte_pattern(100);
            co_await connected.send_all(text);
            CHECK_AWAITED(co_await receive(connected, 100), text);
            const auto agreed = ringlet::tls::session_of(connected);
            CHECK(agreed->server_name == (host[0] == 'l' ? "localhost" : ""));
            CHECK(connected.peer_address() == door.local_address());
            co_await connected.close();
            co_await group.join();
        }
        co_await door.close();
    });
}

TEST_CASE("what keeps a client from connecting is reported", "[tls]") {
    run_without_leak([](loop& owner) -> task<> {
        ringlet::listener door(owner, ringlet::address("127.0.0.1", 0));
        const int port = door.local_address().port();
        const client_context client(client_options());
        std::error_code error;
        {
            const server_context server(ringlet::tls::server_context(
                certificates::own().other().certificate, certificates::own().other().key));
            joinable_task_group group;
            group.spawn(serve_one(door, server));
            const stream refused =
                co_await ringlet::tls::connect("127.0.0.1", port, client, {}, error);
            CHECK(error == errc::ip_address_mismatch);
            CHECK_FALSE(refused.is_open());
            co_await group.join();
        }
        co_await door.close();
        const stream nobody = co_await ringlet::tls::connect("127.0.0.1", port, client, {}, error);
        CHECK(error == std::errc::connection_refused);
        CHECK_FALSE(nobody.is_open());
        CHECK_THROWS_AS(ringlet::tls::connect("", port, client), std::invalid_argument);
        CHECK_THROWS_AS(ringlet::tls::connect("no host", port, client), std::invalid_argument);
    });
}

}  // namespace tests::tls_connect
