#include "catch.hpp"
#include "counted.hpp"
#include "failing_tasks.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/when_all.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

namespace tests::coro_when_all {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::sleep_for;
using ringlet::task;
using ringlet::when_all;

namespace {

task<int> number_after(std::chrono::seconds delay, int number) {
    co_await sleep_for(delay);
    co_return number;
}

/// Sleeps for long, and takes its time to end when it is cancelled.
task<int> slow_to_end(bool& ended) {
    const counted local;
    std::error_code error;
    co_await sleep_for(24h, error);
    const ringlet::shield shield_guard(*loop::current());
    co_await sleep_for(1s);
    ended = true;
    co_return 0;
}

}  // namespace

TEST_CASE("when_all gives every result in the order of the arguments", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const auto nothing = []() -> task<> { co_await sleep_for(1s); };
        const auto movable = []() -> task<std::unique_ptr<std::string>> {
            co_return std::make_unique<std::string>("moved");
        };
        auto results = co_await when_all(number_after(3s, 1), nothing(), movable());
        static_assert(
            std::is_same_v<decltype(results),
                           std::tuple<int, std::monostate, std::unique_ptr<std::string>>>);
        CHECK(std::get<0>(results) == 1);
        CHECK(*std::get<2>(results) == "moved");
        CHECK(owner.now() - start == 3s);  // at the same time
    });
}

TEST_CASE("when_all keeps a reference as one", "[coro]") {
    run_virtually([](loop& /*owner*/) -> task<> {
        int number = 1;
        const auto refer = [&]() -> task<int&> {
            co_await sleep_for(1s);
            co_return number;
        };
        auto results = co_await when_all(refer(), number_after(1s, 2));
        std::get<0>(results).get() = 3;
        CHECK(number == 3);
        std::vector<task<int&>> tasks;
        tasks.push_back(refer());
        const auto all = co_await when_all(std::move(tasks));
        CHECK(&all.at(0).get() == &number);
    });
}

TEST_CASE("when_all of a vector gives a vector in its order", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        std::vector<task<int>> tasks;
        for (int i = 0; i < 5; ++i)
            tasks.push_back(number_after(std::chrono::seconds(5 - i), i));
        const std::vector<int> results = co_await when_all(std::move(tasks));
        CHECK(results == std::vector{0, 1, 2, 3, 4});
        CHECK(owner.now() - start == 5s);
        std::vector<task<>> silent;
        for (int i = 0; i < 3; ++i)
            silent.push_back([]() -> task<> { co_await ringlet::yield(); }());
        const auto nothing = co_await when_all(std::move(silent));
        CHECK(nothing.size() == 3);
    });
}

TEST_CASE("when_all of one task, and of none", "[coro]") {
    run_virtually([](loop&) -> task<> {
        const std::tuple<int> one = co_await when_all(number_after(1s, 5));
        CHECK(std::get<0>(one) == 5);
        const std::vector<int> none = co_await when_all(std::vector<task<int>>());
        CHECK(none.empty());
        const std::tuple<> nothing = co_await when_all();
        CHECK(nothing == std::tuple<>());
    });
}

TEST_CASE("the first failure cancels the others, and is thrown when they have ended", "[coro]") {
    counted::begin();
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        bool ended = false;
        const std::string error = co_await error_of(when_all(
            slow_to_end(ended), fail_after(2s, "the first"), fail_after(4s, "the second")));
        CHECK(error == "the first");
        CHECK(ended);
        CHECK(counted::alive() == 0);
        CHECK(owner.now() - start == 3s);
        ended = false;
        std::vector<task<int>> tasks;
        tasks.push_back(slow_to_end(ended));
        tasks.push_back(fail_after(1s, "of many"));
        const std::string of_many = co_await error_of(when_all(std::move(tasks)));
        CHECK(of_many == "of many");
        CHECK(ended);
        CHECK(owner.now() - start == 5s);
        CHECK(owner.core().timers().empty());
    });
}

TEST_CASE("a task of when_all that fails at once is a failure like others", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const std::string error =
            co_await error_of(when_all(fail_after(0s, "at once"), number_after(5s, 1)));
        CHECK(error == "at once");
        CHECK(owner.now() == start);
    });
}

TEST_CASE("when_all is cancelled with its coroutine, while it waits", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        std::vector<task<int>> tasks;
        tasks.push_back(number_after(5s, 1));
        tasks.push_back(number_after(6s, 2));
        const ringlet::cancel_scope limit(2s);
        const std::string error = co_await error_of(when_all(std::move(tasks)));
        CHECK_FALSE(error.empty());
        CHECK(owner.now() - start == 2s);
    });
}

TEST_CASE("when_all under a cancelled scope throws that", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        ringlet::cancel_scope scope;
        scope.cancel();
        const std::string error =
            co_await error_of(when_all(number_after(1s, 1), number_after(2s, 2)));
        CHECK_FALSE(error.empty());
        std::vector<task<int>> tasks;
        tasks.push_back(number_after(1s, 1));
        const std::string of_vector = co_await error_of(when_all(std::move(tasks)));
        CHECK_FALSE(of_vector.empty());
        CHECK(owner.now() == start);
    });
}

TEST_CASE("when_all of tasks that succeed although they are cancelled gives their results",
          "[coro]") {
    run_virtually([](loop&) -> task<> {
        bool first = false;
        bool second = false;
        ringlet::cancel_scope scope(1s);
        const auto results = co_await when_all(slow_to_end(first), slow_to_end(second));
        CHECK(results == std::tuple(0, 0));
        CHECK(first);
        CHECK(second);
    });
}

TEST_CASE("when_all inside when_all, and under a timeout", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const auto both = co_await when_all(when_all(number_after(1s, 1), number_after(2s, 2)),
                                            number_after(3s, 3));
        CHECK(std::get<0>(both) == std::tuple(1, 2));
        CHECK(std::get<1>(both) == 3);
        const auto late = [&]() -> task<int> {
            co_await ringlet::with_timeout(1s, when_all(number_after(9s, 1), number_after(9s, 2)));
            co_return 0;
        };
        const std::string error = co_await error_of(late());
        CHECK_FALSE(error.empty());
        CHECK(owner.now() - start == 4s);
    });
}

TEST_CASE("the results of when_all are destroyed once, those of a failed one too", "[coro]") {
    counted::begin();
    run_virtually([](loop&) -> task<> {
        const auto make = [](int number, bool suspend) -> task<counted> {
            if (suspend)
                co_await ringlet::yield();
            co_return counted(number);
        };
        {
            const auto results = co_await when_all(make(1, true), make(2, false));
            CHECK(std::get<0>(results).number() + std::get<1>(results).number() == 3);
            CHECK(counted::alive() == 2);
        }
        const std::string error =
            co_await error_of(when_all(make(1, false), fail_after(1s, "late"), make(2, true)));
        CHECK(error == "late");
        CHECK(counted::alive() == 0);
    });
    CHECK(counted::alive() == 0);
    CHECK(counted::strays() == 0);
}

}  // namespace tests::coro_when_all
