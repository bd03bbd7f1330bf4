#include "catch.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::coro_yield {

using ringlet::task;
using ringlet::yield;

TEST_CASE("coroutines that yield take turns", "[coro]") {
    std::string turns;
    run_coroutine([&]() -> task<> {
        const auto player = [&](char name) -> task<> {
            for (int i = 0; i < 3; ++i) {
                turns += name;
                co_await yield();
            }
        };
        ringlet::detail::joinable_task_group group;
        group.spawn(player('a'));
        group.spawn(player('b'));
        group.spawn(player('c'));
        co_await group.join();
    });
    CHECK(turns == "abcabcabc");
}

TEST_CASE("what was posted runs before a coroutine that yields goes on", "[coro]") {
    run_coroutine([]() -> task<> {
        bool posted = false;
        ringlet::loop::current()->post([&] { posted = true; });
        co_await yield();
        CHECK(posted);
    });
}

TEST_CASE("yielding under a cancelled scope throws", "[coro]") {
    run_coroutine([]() -> task<> {
        ringlet::cancel_scope scope;
        scope.cancel();
        try {
            co_await yield();
            FAIL("nothing was thrown");
        } catch (const std::system_error& thrown) {
            CHECK(thrown.code() == std::errc::operation_canceled);
        }
    });
}

TEST_CASE("a yield that is cancelled while it waits its turn succeeds all the same", "[coro]") {
    run_coroutine([]() -> task<> {
        ringlet::cancel_scope scope;
        ringlet::loop::current()->post([&] { scope.cancel(); });
        co_await yield();
        CHECK(scope.cancelled());
    });
}

TEST_CASE("yield outside a loop is a logic_error", "[coro]") {
    CHECK_THROWS_AS(yield(), std::logic_error);
}

}  // namespace tests::coro_yield
