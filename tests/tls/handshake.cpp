#include "catch.hpp"
#include "check_awaited.hpp"
#include "receive.hpp"
#include "run_virtually.hpp"
#include "tls/secured_pair.hpp"

#include <ringlet/net/stream_pair.hpp>
#include <ringlet/tls/errc.hpp>
#include <ringlet/tls/handshake.hpp>
#include <ringlet/tls/session.hpp>

#include <system_error>

namespace tests::tls_handshake {

using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::detail::joinable_task_group;
using ringlet::tls::client_context;
using ringlet::tls::errc;
using ringlet::tls::handshake;
using ringlet::tls::server_context;

TEST_CASE("a server makes the handshake as a step before its handler", "[tls]") {
    run_virtually([](loop&) -> task<> {
        const server_context context(server_options());
        const handshake step(context);
        CHECK(std::string_view(handshake::name) == "tls");
        ringlet::stream_pair plain;
        ringlet::address client("192.0.2.1", 1234);
        const ringlet::address before = client;
        const auto connect = [&]() -> task<> {
            stream secured = co_await ringlet::tls::upgrade(
                std::move(plain.one), client_context(client_options()), "localhost");
            CHECK_AWAITED(co_await receive(secured, 5), "hello");
            co_await secured.close();
        };
        joinable_task_group group;
        group.spawn(connect());
        co_await step(plain.other, client);
        CHECK(client == before);
        CHECK(ringlet::tls::session_of(plain.other));
        co_await plain.other.send_all("hello");
        co_await plain.other.close();
        co_await group.join();
        CHECK(context.counters().handshakes == 1);
    });
}

TEST_CASE("a step that fails leaves a stream that is not open", "[tls]") {
    run_virtually([](loop&) -> task<> {
        const handshake step{server_context(server_options())};
        ringlet::stream_pair plain;
        ringlet::address client;
        co_await plain.one.close();
        std::error_code error;
        try {
            co_await step(plain.other, client);
        } catch (const std::system_error& failure) {
            error = failure.code();
        }
        CHECK(error == errc::handshake_cut_off);
        CHECK_FALSE(plain.other.is_open());
        co_await plain.other.close();
    });
}

}  // namespace tests::tls_handshake
