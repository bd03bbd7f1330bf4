#include "tls/detail/layer.hpp"

#include "byte_pattern.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "run_virtually.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"
#include "tls/layered_streams.hpp"
#include "tls/secured_pair.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/stream_watch.hpp>
#include <ringlet/tls/errc.hpp>

#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>

namespace tests::tls_layer {

using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::detail::joinable_task_group;
using ringlet::tls::client_context;
using ringlet::tls::errc;
using ringlet::tls::server_context;
using ringlet::tls::detail::engine;
using namespace std::chrono_literals;

namespace {

/// Sends `text` in pieces, and asks for new keys of both sides before each.
task<> send_with_new_keys(stream& to, const std::string& text) {
    constexpr std::size_t piece = 5'000;
    for (std::size_t at = 0; at < text.size(); at += piece) {
        CHECK(SSL_key_update(&layer_of(to).machine().ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
        co_await to.send_all(std::string_view(text).substr(at, piece));
        co_await ringlet::yield();
    }
    co_await to.end_sending();
}

}  // namespace

TEST_CASE("a receive and a send are under way together, both ways", "[tls]") {
    run_virtually([](loop&) -> task<> {
        secured_pair pair;
        co_await pair.secure_in_memory(1000);
        const std::string question = byte_pattern(300'000);
        const std::string answer = byte_pattern(400'000);
        joinable_task_group group;
        group.spawn(send_and_end(pair.client(), question));
        group.spawn(send_and_end(pair.server(), answer));
        group.spawn(expect(pair.client(), answer));
        group.spawn(expect(pair.server(), question));
        co_await group.join();
        co_await pair.close();
    });
}

TEST_CASE("a receive sends what the handshake has left", "[tls]") {
    run_virtually([](loop&) -> task<> {
        secured_pair pair;
        co_await pair.secure_in_memory();
        const auto wait = [](stream& on, bool lent) -> task<> {
            std::array<char, 8> nothing;
            std::error_code error;
            const ringlet::cancel_scope limit(1s);
            if (lent)
                co_await on.recv_lent(error);
            else
                co_await on.recv(nothing, error);
            CHECK(error == std::errc::timed_out);
        };
        for (const bool lent : {false, true}) {
            joinable_task_group group;
            group.spawn(wait(pair.client(), lent));
            group.spawn(wait(pair.server(), lent));
            co_await group.join();
            CHECK_FALSE(layer_of(pair.server()).machine().has_output());
            CHECK((pair.client_context.state()->sessions()->take("localhost 0") != nullptr) !=
                  lent);
        }
        co_await pair.close();
    });
}

TEST_CASE("new keys both ways, under load, stop nobody", "[tls]") {
    const std::size_t capacity = GENERATE(50U, 1'000U, 65'536U);
    run_virtually([=](loop&) -> task<> {
        secured_pair pair;
        co_await pair.secure_in_memory(capacity);
        const std::string text = byte_pattern(300'000);
        joinable_task_group group;
        group.spawn(send_with_new_keys(pair.client(), text));
        group.spawn(send_with_new_keys(pair.server(), text));
        group.spawn(expect(pair.client(), text));
        group.spawn(expect(pair.server(), text));
        co_await group.join();
        co_await pair.close();
    });
}

TEST_CASE("new keys alone, while the window is shut, stop no receive", "[tls]") {
    run_virtually([](loop&) -> task<> {
        secured_pair pair;
        co_await pair.secure_in_memory(50);
        const std::string text = byte_pattern(20'000);
        joinable_task_group group;
        group.spawn(send_and_end(pair.server(), text));  // into the window, until it is shut
        const auto demand_keys = [&]() -> task<> {
            engine& machine = layer_of(pair.client()).machine();
            for (int i = 0; i < 100; ++i) {
                CHECK(SSL_key_update(&machine.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
                CHECK(SSL_do_handshake(&machine.ssl()) == 1);
                co_await layer_of(pair.client()).below()->send_all(engine_pair::output_of(machine));
            }
            co_await send_and_end(pair.client(), "behind them");
        };
        group.spawn(demand_keys());
        co_await expect(pair.server(), "behind them");
        CHECK(layer_of(pair.server()).machine().has_output());
        co_await expect(pair.client(), text);
        co_await group.join();
        co_await pair.close();
    });
}

TEST_CASE("after the end of this side, all of the other's can still be read", "[tls]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair sockets = make_streams(owner);
        secured_pair pair;
        co_await pair.secure(std::move(sockets.one), std::move(sockets.other));
        co_await pair.client().end_sending();
        std::array<char, 8> nothing;
        CHECK_AWAITED(co_await pair.server().recv(nothing), 0);
        CHECK_AWAITED(co_await pair.server().recv(nothing), 0);
        const std::string text = byte_pattern(500'000);
        joinable_task_group group;
        group.spawn(send_and_end(pair.server(), text));
        co_await expect(pair.client(), text);
        co_await group.join();
        std::error_code error;
        CHECK_AWAITED(co_await pair.client().send_all("too late", error), 0);
        CHECK(error == std::errc::broken_pipe);
        co_await pair.close();
    });
}

TEST_CASE("an end without TLS's own end is an error, in each receive from then on", "[tls]") {
    run_virtually([](loop&) -> task<> {
        secured_pair pair;
        co_await pair.secure_in_memory();
        co_await pair.client().send_all("a part");
        co_await layer_of(pair.client()).below()->end_sending();
        std::array<char, 100> buffer;
        CHECK_AWAITED(co_await pair.server().recv(buffer), 6);
        std::error_code error;
        for (int i = 0; i < 3; ++i) {
            CHECK_AWAITED(co_await pair.server().recv(buffer, error), 0);
            CHECK(error == errc::stream_truncated);
        }
        CHECK_AWAITED(co_await pair.server().send_all("x", error), 0);
        CHECK(error == errc::stream_truncated);
        CHECK_FALSE(pair.server().at_end());
        co_await pair.close();
    });
}

TEST_CASE("an aborted stream fails at its peer", "[tls]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair sockets = make_streams(owner);
        secured_pair pair;
        co_await pair.secure(std::move(sockets.one), std::move(sockets.other));
        co_await pair.client().send_all("lost or not");
        co_await pair.client().abort();
        std::array<char, 100> buffer;
        std::error_code error;
        while (!error)
            co_await pair.server().recv(buffer, error);
        // A ticket that the server had yet to send may have met the reset first.
        CHECK((error == std::errc::connection_reset || error == errc::stream_truncated));
        error.clear();
        while (!error)  // SIGPIPE would end the tests
            co_await pair.server().send_all("anyone?", error);
        co_await pair.server().close();
    });
}

TEST_CASE("a send that was cancelled leaves whole records, and the next goes on", "[tls]") {
    run_virtually([](loop&) -> task<> {
        secured_pair pair;
        co_await pair.secure_in_memory(777);
        const std::string text = byte_pattern(100'000);
        const auto send_with_haste = [&]() -> task<> {
            std::size_t sent = 0;
            while (sent < text.size()) {
                std::error_code error;
                const ringlet::cancel_scope limit(1ms);
                sent += co_await pair.client().send_all(std::string_view(text).substr(sent), error);
                CHECK((!error || error == std::errc::timed_out));
            }
            co_await pair.client().end_sending();
        };
        const auto receive_slowly = [&]() -> task<> {
            std::string received;
            std::array<char, 600> piece;
            while (const std::size_t size = co_await pair.server().recv(piece)) {
                received.append(piece.data(), size);
                co_await ringlet::sleep_for(300us);
            }
            CHECK((received == text));
        };
        joinable_task_group group;
        group.spawn(send_with_haste());
        group.spawn(receive_slowly());
        co_await group.join();
        co_await pair.close();
    });
}

TEST_CASE("a receive that was cancelled loses no byte", "[tls]") {
    run_virtually([](loop&) -> task<> {
        secured_pair pair;
        co_await pair.secure_in_memory(100);
        CAPTURE(pair.client_error.message(), pair.server_error.message());
        const std::string text = byte_pattern(20'000);
        const auto send_slowly = [&]() -> task<> {
            for (std::size_t at = 0; at < text.size(); at += 1'000) {
                co_await pair.client().send_all(std::string_view(text).substr(at, 1'000));
                co_await ringlet::sleep_for(700us);
            }
            co_await pair.client().end_sending();
        };
        joinable_task_group group;
        group.spawn(send_slowly());
        std::string received;
        std::size_t cancelled = 0;
        while (!pair.server().at_end()) {
            std::array<char, 300> piece;
            std::error_code error;
            const ringlet::cancel_scope limit(300us);
            const std::size_t size = co_await pair.server().recv(piece, error);
            received.append(piece.data(), size);
            CAPTURE(error.message(), error.category().name(), received.size());
            REQUIRE((!error || error == std::errc::timed_out));
            cancelled += error ? 1U : 0U;
        }
        CHECK(cancelled > 10);
        CHECK((received == text));
        co_await group.join();
        co_await pair.close();
    });
}

TEST_CASE("a receive into lent buffers, and a watch, work on TLS", "[tls]") {
    run_virtually([](loop& owner) -> task<> {
        secured_pair pair;
        co_await pair.secure_in_memory();
        joinable_task_group group;
        const std::string text = byte_pattern(100'000);
        group.spawn(send_and_end(pair.client(), text));
        std::string received;
        while (const auto lent = co_await pair.server().recv_lent())
            received.append(reinterpret_cast<const char*>(lent.data()), lent.size());
        CHECK((received == text));
        co_await group.join();
        ringlet::stream_watch watch(pair.client(), {.idle = 5s});
        const auto begun = owner.now();
        std::array<char, 8> nothing;
        std::error_code error;
        co_await pair.client().recv(nothing, error);
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - begun >= 5s);
        co_await pair.close();
    });
}

TEST_CASE("a damaged record fails both sides, and the peer is told", "[tls]") {
    run_virtually([](loop&) -> task<> {
        secured_pair pair;
        co_await pair.secure_in_memory();
        co_await layer_of(pair.client()).below()->send_all("this is no record at all");
        std::array<char, 100> buffer;
        std::error_code error;
        CHECK_AWAITED(co_await pair.server().recv(buffer, error), 0);
        const std::error_code failure = error;
        CHECK(failure.category() == ringlet::tls::category());
        CHECK_AWAITED(co_await pair.client().recv(buffer, error), 0);
        CHECK(error.category() == ringlet::tls::category());
        CHECK_AWAITED(co_await pair.server().send_all("x", error), 0);
        CHECK(error == failure);
        co_await pair.server().end_sending(error);
        CHECK(error == failure);
        co_await pair.close();
    });
}

}  // namespace tests::tls_layer
