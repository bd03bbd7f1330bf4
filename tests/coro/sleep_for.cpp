#include "catch.hpp"
#include "run_coroutine.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <chrono>
#include <limits>
#include <stdexcept>
#include <vector>

namespace tests::coro_sleep_for {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::sleep_for;
using ringlet::task;

TEST_CASE("sleep_for lasts as long as it was asked to", "[coro]") {
    run_virtually([&](loop& owner) -> task<> {
        const auto start = owner.now();
        co_await sleep_for(90min);
        CHECK(owner.now() - start == 90min);
        co_await sleep_for(std::chrono::duration<double>(0.5));
        CHECK(owner.now() - start == 90min + 500ms);
    });
}

TEST_CASE("sleep_for never wakes early on the system's clock", "[coro]") {
    run_coroutine([]() -> task<> {
        const auto start = loop::clock::now();
        co_await sleep_for(3ms);
        CHECK(loop::clock::now() - start >= 3ms);
    });
}

TEST_CASE("sleepers wake in the order of their deadlines, and equal ones in that of sleeping",
          "[coro]") {
    std::vector<int> woken;
    run_virtually([&](loop&) -> task<> {
        const auto sleeper = [&](std::chrono::seconds duration, int name) -> task<> {
            co_await sleep_for(duration);
            woken.push_back(name);
        };
        ringlet::detail::joinable_task_group group;
        group.spawn(sleeper(3s, 4));
        group.spawn(sleeper(1s, 1));
        group.spawn(sleeper(2s, 2));
        group.spawn(sleeper(2s, 3));
        group.spawn(sleeper(0s, 0));
        co_await group.join();
    });
    CHECK(woken == std::vector{0, 1, 2, 3, 4});
}

TEST_CASE("sleep_for of no time at all still lets the others go first", "[coro]") {
    std::vector<int> order;
    run_coroutine([&]() -> task<> {
        loop::current()->post([&] { order.push_back(1); });
        co_await sleep_for(0s);
        order.push_back(2);
    });
    CHECK(order == std::vector{1, 2});
}

TEST_CASE("sleep_for refuses durations that are none", "[coro]") {
    run_coroutine([]() -> task<> {
        const auto not_a_number =
            std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN());
        const auto endless = std::chrono::duration<double>(std::numeric_limits<double>::infinity());
        CHECK_THROWS_AS(sleep_for(-1ns), std::invalid_argument);
        CHECK_THROWS_AS(sleep_for(not_a_number), std::invalid_argument);
        CHECK_THROWS_AS(sleep_for(endless), std::invalid_argument);
        CHECK_THROWS_AS(sleep_for(std::chrono::hours::max()), std::invalid_argument);
        std::error_code error;
        CHECK_THROWS_AS(sleep_for(-1ns, error), std::invalid_argument);
        co_return;
    });
}

TEST_CASE("sleep_for outside a loop is a logic_error", "[coro]") {
    CHECK_THROWS_AS(sleep_for(1s), std::logic_error);
}

TEST_CASE("a sleep reports its cancellation in either form", "[coro]") {
    run_virtually([&](loop&) -> task<> {
        const ringlet::cancel_scope limit(1s);
        std::error_code error = std::make_error_code(std::errc::io_error);
        co_await sleep_for(500ms, error);
        CHECK_FALSE(error);
        co_await sleep_for(24h, error);
        CHECK(error == std::errc::timed_out);
        try {
            co_await sleep_for(24h);
            FAIL("nothing was thrown");
        } catch (const std::system_error& thrown) {
            CHECK(thrown.code() == std::errc::timed_out);
            CHECK(std::string(thrown.what()).find("sleep") != std::string::npos);
        }
    });
}

}  // namespace tests::coro_sleep_for
