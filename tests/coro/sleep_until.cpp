#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <chrono>
#include <stdexcept>
#include <vector>

namespace tests::coro_sleep_until {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::sleep_until;
using ringlet::task;

TEST_CASE("sleep_until wakes at its deadline", "[coro]") {
    run_virtually([&](loop& owner) -> task<> {
        const auto deadline = owner.now() + 25h;
        co_await sleep_until(deadline);
        CHECK(owner.now() == deadline);
    });
}

TEST_CASE("sleepers with deadlines that have passed still wake in the order of those", "[coro]") {
    std::vector<int> woken;
    run_virtually([&](loop& owner) -> task<> {
        const auto sleeper = [&](loop::clock::time_point deadline, int name) -> task<> {
            co_await sleep_until(deadline);
            woken.push_back(name);
        };
        const auto now = owner.now();
        ringlet::detail::joinable_task_group group;
        group.spawn(sleeper(now, 2));
        group.spawn(sleeper(now + 1ns, 3));
        group.spawn(sleeper(now - 1h, 1));
        CHECK(woken.empty());
        co_await group.join();
    });
    CHECK(woken == std::vector{1, 2, 3});
}

TEST_CASE("sleep_until outside a loop is a logic_error", "[coro]") {
    CHECK_THROWS_AS(sleep_until(loop::clock::now()), std::logic_error);
}

TEST_CASE("sleep_until stores its cancellation, or clears the error", "[coro]") {
    run_virtually([&](loop& owner) -> task<> {
        ringlet::cancel_scope scope;
        std::error_code error = std::make_error_code(std::errc::io_error);
        co_await sleep_until(owner.now() + 1s, error);
        CHECK_FALSE(error);
        scope.cancel();
        co_await sleep_until(loop::clock::time_point::max(), error);
        CHECK(error == std::errc::operation_canceled);
    });
}

}  // namespace tests::coro_sleep_until
