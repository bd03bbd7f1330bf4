// How a layer of TLS is closed.

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

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace tests::tls_layer_closing {

using ringlet::loop;
using ringlet::task;
using ringlet::detail::joinable_task_group;
using ringlet::tls::detail::engine;
using namespace std::chrono_literals;

TEST_CASE("closing tells the peer the end, behind all that was sent", "[tls]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair sockets = make_streams(owner);
        secured_pair pair;
        co_await pair.secure(std::move(sockets.one), std::move(sockets.other));
        co_await pair.client().send_all("farewell");
        co_await pair.client().close();
        CHECK_FALSE(pair.client().is_open());
        co_await expect(pair.server(), "farewell");
        co_await pair.server().close();
    });
}

TEST_CASE("closing waits for TLS's own end of the peer, and for nothing behind it", "[tls]") {
    const auto comes_after = GENERATE(0ms, 100ms);
    run_virtually([=](loop& owner) -> task<> {
        secured_pair pair;
        co_await pair.secure_in_memory();
        const auto end = [&]() -> task<> {
            engine& peer = layer_of(pair.server()).machine();
            const std::array last{ringlet::const_buffer("unread")};
            CHECK(peer.write(last) == 6);
            peer.end_sending();
            co_await layer_of(pair.server()).below()->send_all(engine_pair::output_of(peer));
        };
        const auto end_later = [&]() -> task<> {
            co_await ringlet::sleep_for(comes_after);
            co_await end();
        };
        joinable_task_group group;
        if (comes_after == 0ms) {
            co_await end();
            std::array<char, 1> first;
            CHECK_AWAITED(co_await pair.client().recv(first), 1);
        } else {
            group.spawn(end_later());
        }
        const auto begun = owner.now();
        co_await pair.client().close();
        CHECK(owner.now() - begun == comes_after);
        co_await group.join();
        co_await pair.server().close();
    });
}

TEST_CASE("closing waits for a peer that does not read, but not for long", "[tls]") {
    run_virtually([](loop& owner) -> task<> {
        secured_pair pair;
        co_await pair.secure_in_memory(1'000);
        std::error_code error;
        {
            const ringlet::cancel_scope limit(1ms);
            co_await pair.client().send_all(byte_pattern(10'000), error);
        }
        CHECK(error == std::errc::timed_out);
        const auto begun = owner.now();
        co_await pair.client().close();
        CHECK(owner.now() - begun == 1s);
        co_await pair.server().close();
    });
}

TEST_CASE("closing waits for a peer that reads slowly, as long as it does read", "[tls]") {
    run_virtually([](loop& owner) -> task<> {
        secured_pair pair;
        co_await pair.secure_in_memory(1'000);
        const std::string text = byte_pattern(400);
        constexpr int count = 20;
        std::error_code error;
        for (int i = 0; i < count; ++i) {
            const ringlet::cancel_scope limit(1ms);
            co_await pair.client().send_all(text, error);
        }
        CHECK(error == std::errc::timed_out);
        joinable_task_group group;
        group.spawn(pair.client().close());
        const auto begun = owner.now();
        std::array<char, 400> buffer;
        for (int i = 0; i < count; ++i) {
            co_await ringlet::sleep_for(300ms);
            const std::size_t size = co_await pair.server().recv(buffer);
            CHECK((std::string_view(buffer.data(), size) == text));
        }
        const std::size_t last = co_await pair.server().recv(buffer);
        CHECK(last == 0);
        CHECK(owner.now() - begun > 5s);
        co_await pair.server().close();
        co_await group.join();
    });
}

}  // namespace tests::tls_layer_closing
