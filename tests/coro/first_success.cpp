#include "catch.hpp"
#include "failing_tasks.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/when_any.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace tests::coro_first_success {

using namespace std::chrono_literals;
using ringlet::first_success;
using ringlet::loop;
using ringlet::sleep_for;
using ringlet::task;

namespace {

task<int> number_after(std::chrono::seconds delay, int number) {
    if (delay > 0s)
        co_await sleep_for(delay);
    co_return number;
}

}  // namespace

TEST_CASE("first_success gives the first result, whatever fails before it", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const auto silent = []() -> task<> { co_await sleep_for(3s); };
        const auto first = co_await first_success(fail_after(0s, "at once"), fail_after(1s, "soon"),
                                                  silent(), number_after(4s, 5));
        CHECK(first.index == 2);
        CHECK(std::holds_alternative<std::monostate>(first.value));
        CHECK(owner.now() - start == 3s);
        std::vector<task<int>> tasks;
        tasks.push_back(fail_after(1s, "of many"));
        tasks.push_back(number_after(2s, 6));
        const auto of_many = co_await first_success(std::move(tasks));
        CHECK(of_many.index == 1);
        CHECK(of_many.value == 6);
        CHECK(owner.now() - start == 5s);
    });
}

TEST_CASE("where all fail, first_success throws what failed first", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const std::string error = co_await error_of(first_success(
            fail_after(3s, "third"), fail_after(1s, "first"), fail_after(2s, "second")));
        CHECK(error == "first");
        CHECK(owner.now() - start == 3s);
        std::vector<task<int>> tasks;
        for (const char* what : {"one", "two"})
            tasks.push_back(fail_after(0s, what));
        const std::string at_once = co_await error_of(first_success(std::move(tasks)));
        CHECK(at_once == "one");
    });
}

TEST_CASE("the losers of first_success are cancelled and awaited", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        std::error_code error;
        const auto loser = [&]() -> task<int> {
            co_await sleep_for(24h, error);
            const ringlet::shield shield_guard(owner);
            co_await sleep_for(1s);
            throw std::runtime_error("a loser");
        };
        const auto first = co_await first_success(loser(), number_after(1s, 5));
        CHECK(first.index == 1);
        CHECK(error == std::errc::operation_canceled);
        CHECK(owner.now() - start == 2s);
        CHECK(owner.core().timers().empty());
    });
}

TEST_CASE("first_success is cancelled with its coroutine", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const ringlet::cancel_scope limit(2s);
        for (int i = 0; i < 2; ++i) {  // while it waits, and before it begins
            const std::string error =
                co_await error_of(first_success(number_after(5s, 1), number_after(6s, 2)));
            CHECK(error.find("sleep") == 0);
            CHECK(owner.now() - start == 2s);
        }
    });
}

TEST_CASE("first_success of no task is an error", "[coro]") {
    run_virtually([](loop&) -> task<> {
        bool refused = false;
        try {
            co_await first_success(std::vector<task<int>>());
        } catch (const std::invalid_argument&) {
            refused = true;
        }
        CHECK(refused);
    });
}

}  // namespace tests::coro_first_success
