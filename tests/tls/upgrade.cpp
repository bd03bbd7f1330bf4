#include "byte_pattern.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "receive.hpp"
#include "run_virtually.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"
#include "tls/secured_pair.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/writer.hpp>
#include <ringlet/tls/errc.hpp>
#include <ringlet/tls/upgrade.hpp>

#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace tests::tls_upgrade {

using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::detail::joinable_task_group;
using ringlet::tls::cause_of;
using ringlet::tls::client_context;
using ringlet::tls::errc;
using ringlet::tls::server_context;
using namespace std::chrono_literals;

namespace {

/// A handler that knows nothing of TLS.
task<> echo(stream& client) {
    std::array<char, 1000> buffer;
    while (const std::size_t size = co_await client.recv(buffer))
        co_await client.send_all(ringlet::const_buffer(buffer.data(), size));
    co_await client.end_sending();
}

task<> send_and_end(stream& to, const std::string& text) {
    co_await to.send_all(text);
    co_await to.end_sending();
}

/// Has the client of `pair` send `text`, and checks that it comes back, and then the end.
task<> converse(secured_pair& pair, const std::string& text) {
    joinable_task_group group;
    group.spawn(echo(pair.server()));
    group.spawn(send_and_end(pair.client(), text));
    const std::string answer = co_await receive(pair.client(), text.size() + 1);
    CHECK((answer == text));
    co_await group.join();
}

}  // namespace

TEST_CASE("a handler serves a stream that speaks TLS as it serves any other", "[tls]") {
    run_without_leak([](loop& owner) -> task<> {
        for (const stream_transport kind : {stream_transport::tcp, stream_transport::unix_socket}) {
            stream_pair sockets = make_streams(owner, kind);
            secured_pair pair;
            co_await pair.secure(std::move(sockets.one), std::move(sockets.other));
            CHECK_FALSE(pair.client_error);
            CHECK_FALSE(pair.server_error);
            co_await converse(pair, byte_pattern(1'000'000));
            co_await pair.close();
        }
    });
}

TEST_CASE("TLS goes over a stream in memory, in pieces of any size", "[tls]") {
    run_virtually([](loop&) -> task<> {
        for (const std::size_t capacity : {1U, 2U, 3U, 5U, 7U, 100U, 5'000U, 65'536U}) {
            secured_pair pair;
            co_await pair.secure_in_memory(capacity);
            CHECK_FALSE(pair.client_error);
            co_await converse(pair, byte_pattern(capacity < 100 ? 2'000 : 200'000));
            co_await pair.close();
        }
    });
}

TEST_CASE("a handshake that fails closes the connection, and both ends know why", "[tls]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair sockets = make_streams(owner);
        secured_pair pair;
        co_await pair.secure(std::move(sockets.one), std::move(sockets.other), "other.example");
        CHECK(pair.client_error == errc::host_name_mismatch);
        CHECK(cause_of(pair.server_error) == ringlet::tls::failure_cause::certificate);
        CHECK_FALSE(pair.client().is_open());
        CHECK_FALSE(pair.server().is_open());
        CHECK(pair.client_context.counters().failed.certificate == 1);
        CHECK(pair.server_context.counters().failed.certificate == 1);
        CHECK(pair.server_context.counters().in_progress == 0);
    });
}

TEST_CASE("the failure of a handshake is thrown, and names the peer and the reason", "[tls]") {
    run_virtually([](loop&) -> task<> {
        ringlet::stream_pair plain;
        const auto speak_http = [&]() -> task<> {
            co_await plain.one.send_all("GET / HTTP/1.1\r\n\r\n");
            std::array<char, 100> answer;
            CHECK_AWAITED(co_await plain.one.recv(answer), 0);
            co_await plain.one.close();
        };
        joinable_task_group group;
        group.spawn(speak_http());
        std::string text;
        try {
            co_await ringlet::tls::upgrade(std::move(plain.other),
                                           server_context(server_options()));
        } catch (const std::system_error& error) {
            CHECK(error.code() == errc::plain_http);
            text = error.what();
        }
        CHECK_THAT(text, StartsWith("no TLS with the client: the client speaks plain HTTP"));
        co_await group.join();
    });
}

TEST_CASE("a handshake has a deadline of its own", "[tls]") {
    run_virtually([](loop& owner) -> task<> {
        for (const bool is_client : {true, false}) {
            ringlet::stream_pair plain;
            const auto begun = owner.now();
            std::error_code error;
            const client_context client(client_options());
            const server_context server(server_options());
            auto upgrading =
                is_client ? ringlet::tls::upgrade(std::move(plain.one), client, "localhost", error)
                          : ringlet::tls::upgrade(std::move(plain.one), server, error);
            const stream ended = co_await std::move(upgrading);
            CHECK(error == std::errc::timed_out);
            CHECK_FALSE(ended.is_open());
            CHECK(owner.now() - begun == 10s);
            co_await plain.other.close();
        }
        auto options = server_options();
        options.handshake_timeout = 3s;
        const server_context hasty(options);
        ringlet::stream_pair plain;
        const auto begun = owner.now();
        std::error_code error;
        co_await ringlet::tls::upgrade(std::move(plain.one), hasty, error);
        CHECK(owner.now() - begun == 3s);
        CHECK(hasty.counters().failed.timed_out == 1);
    });
}

TEST_CASE("a peer that has been refused and goes on sending is closed in time", "[tls]") {
    run_virtually([](loop& owner) -> task<> {
        ringlet::stream_pair plain(1000);
        joinable_task_group group;
        const auto babble = [&]() -> task<> {
            std::error_code error;
            while (!error) {
                co_await plain.one.send_all("no TLS at all", error);
                co_await ringlet::sleep_for(100ms);
            }
        };
        group.spawn(babble());
        const auto begun = owner.now();
        std::error_code error;
        const server_context context(server_options());
        co_await ringlet::tls::upgrade(std::move(plain.other), context, error);
        CHECK(error == errc::not_tls);
        CHECK(owner.now() - begun <= 1100ms);
        CHECK(context.counters().failed.not_tls == 1);
        co_await group.join();
    });
}

TEST_CASE("a peer that ends in the middle of the handshake is gone", "[tls]") {
    run_virtually([](loop&) -> task<> {
        ringlet::stream_pair plain;
        co_await plain.one.end_sending();
        const server_context context(server_options());
        std::error_code error;
        co_await ringlet::tls::upgrade(std::move(plain.other), context, error);
        CHECK(error == errc::handshake_cut_off);
        CHECK(context.counters().failed.gone == 1);
    });
}

TEST_CASE("a cancelled handshake is counted as such, and closes the connection", "[tls]") {
    run_virtually([](loop&) -> task<> {
        ringlet::stream_pair plain;
        const server_context context(server_options());
        std::error_code error;
        {
            const ringlet::cancel_scope limit(1s);
            co_await ringlet::tls::upgrade(std::move(plain.other), context, error);
        }
        CHECK(error == std::errc::timed_out);
        std::array<char, 8> nothing;
        CHECK_AWAITED(co_await plain.one.recv(nothing), 0);
        {
            ringlet::stream_pair another;
            ringlet::cancel_scope cancelled;
            cancelled.cancel();
            co_await ringlet::tls::upgrade(std::move(another.other), context, error);
        }
        CHECK(error == std::errc::operation_canceled);
        CHECK(context.counters().failed.timed_out == 1);
        CHECK(context.counters().failed.cancelled == 1);
    });
}

TEST_CASE("a client must say whom it wants", "[tls]") {
    run_virtually([](loop&) -> task<> {
        ringlet::stream_pair plain;
        const client_context context(client_options());
        CHECK_THROWS_AS(ringlet::tls::upgrade(std::move(plain.one), context, ""),
                        std::invalid_argument);
        co_return;
    });
}

TEST_CASE("a protocol begins without TLS, and goes on with it", "[tls]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair sockets = make_streams(owner);
        const server_context server_side(server_options());
        const auto serve = [&]() -> task<> {
            {
                ringlet::reader in(sockets.other, {.buffer_size = 0});
                CHECK_AWAITED(co_await in.read_line(), "STARTTLS");
                co_await sockets.other.send_all("go ahead\n");
            }
            stream secured = co_await ringlet::tls::upgrade(std::move(sockets.other), server_side);
            co_await echo(secured);
            co_await secured.close();
        };
        joinable_task_group group;
        group.spawn(serve());
        co_await sockets.one.send_all("STARTTLS\n");
        CHECK_AWAITED(co_await receive(sockets.one, 9), "go ahead\n");
        stream secured = co_await ringlet::tls::upgrade(
            std::move(sockets.one), client_context(client_options()), "localhost");
        ringlet::writer out(secured);
        co_await out.print("line ", 1, "\n");
        co_await out.flush();
        ringlet::reader in(secured);
        CHECK_AWAITED(co_await in.read_line(), "line 1");
        co_await secured.close();
        co_await group.join();
    });
}

TEST_CASE("a client refuses a protocol that it has not offered", "[tls]") {
    CHECK_FALSE(client_context(client_options()).state()->has_offered("chat"));
    auto options = client_options();
    options.application_protocols = std::vector<std::string>{"h2", "chat"};
    const client_context context(options);
    CHECK(context.state()->has_offered("chat"));
    CHECK(context.state()->has_offered(""));  // the server chooses none
    CHECK_FALSE(context.state()->has_offered("cha"));
    run_virtually([&](loop&) -> task<> {
        secured_pair pair(server_context(server_options()), context);
        const auto material = pair.server_context.state()->material();
        const auto choose_another = [](SSL*, const unsigned char** chosen, unsigned char* size,
                                       const unsigned char*, unsigned, void*) noexcept {
            *chosen = reinterpret_cast<const unsigned char*>("other");
            *size = 5;
            return SSL_TLSEXT_ERR_OK;
        };
        SSL_CTX_set_alpn_select_cb(&material->first_context(), choose_another, nullptr);
        co_await pair.secure_in_memory();
        CHECK(pair.client_error.category() == ringlet::tls::category());
        CHECK_FALSE(pair.client().is_open());
        co_await pair.server().close();
    });
}

}  // namespace tests::tls_upgrade
