#include "catch.hpp"
#include "counted.hpp"
#include "failing_tasks.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/when_any.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace tests::coro_when_any {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::sleep_for;
using ringlet::task;
using ringlet::when_any;

namespace {

task<int> number_after(std::chrono::seconds delay, int number) {
    const counted local;
    if (delay > 0s)
        co_await sleep_for(delay);
    co_return number;
}

/// Sleeps for long; when it is cancelled, takes a second to end, and fails or not.
task<int> slow_to_end(bool& ended, bool fail = false) {
    std::error_code error;
    co_await sleep_for(24h, error);
    const ringlet::shield shield_guard(*loop::current());
    co_await sleep_for(1s);
    ended = true;
    if (fail)
        throw std::runtime_error("a loser");
    co_return -1;
}

}  // namespace

TEST_CASE("when_any gives the result of the first to end, and which it was", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const auto silent = []() -> task<> { co_await sleep_for(1s); };
        const auto text = []() -> task<std::string> {
            co_await sleep_for(3s);
            co_return "text";
        };
        const auto first = co_await when_any(number_after(2s, 5), silent(), text());
        CHECK(first.index == 1);
        CHECK(std::holds_alternative<std::monostate>(first.value));
        CHECK(owner.now() - start == 1s);
        const auto number = co_await when_any(number_after(2s, 5), number_after(4s, 6), text());
        CHECK(number.index == 0);
        CHECK(std::get<0>(number.value) == 5);
        CHECK(owner.now() - start == 3s);
    });
}

TEST_CASE("when_any keeps a reference as one", "[coro]") {
    run_virtually([](loop& /*owner*/) -> task<> {
        int number = 1;
        const auto refer = [&]() -> task<int&> {
            co_await sleep_for(1s);
            co_return number;
        };
        std::vector<task<int&>> tasks;
        tasks.push_back(refer());
        const auto won = co_await when_any(std::move(tasks));
        CHECK(&won.value.get() == &number);
    });
}

TEST_CASE("when_any of a vector gives the result of the first to end", "[coro]") {
    run_virtually([](loop&) -> task<> {
        std::vector<task<std::unique_ptr<int>>> tasks;
        const auto make = [](int seconds) -> task<std::unique_ptr<int>> {
            co_await sleep_for(std::chrono::seconds(seconds));
            co_return std::make_unique<int>(seconds);
        };
        for (const int seconds : {3, 1, 2})
            tasks.push_back(make(seconds));
        auto first = co_await when_any(std::move(tasks));
        CHECK(first.index == 1);
        CHECK(*first.value == 1);
    });
}

TEST_CASE("the losers of when_any are cancelled and awaited, their ends dropped", "[coro]") {
    counted::begin();
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        bool quiet = false;
        bool failed = false;
        const auto first = co_await when_any(slow_to_end(quiet), number_after(24h, 0),
                                             slow_to_end(failed, true), number_after(1s, 5));
        CHECK(first.index == 3);
        CHECK(std::get<3>(first.value) == 5);
        CHECK(quiet);
        CHECK(failed);
        CHECK(owner.now() - start == 2s);
        CHECK(counted::alive() == 0);
        CHECK(owner.core().timers().empty());
    });
}

TEST_CASE("a failing first one is what when_any throws", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        bool ended = false;
        const std::string error = co_await error_of(
            when_any(slow_to_end(ended), fail_after(1s, "the first"), number_after(2s, 5)));
        CHECK(error == "the first");
        CHECK(ended);
        CHECK(owner.now() - start == 2s);
        const std::string at_once =
            co_await error_of(when_any(fail_after(0s, "at once"), number_after(1s, 5)));
        CHECK(at_once == "at once");
        CHECK(owner.now() - start == 2s);
    });
}

TEST_CASE("of tasks that end in the same turn the first one wins when_any", "[coro]") {
    run_virtually([](loop&) -> task<> {
        const auto both = co_await when_any(number_after(1s, 1), number_after(1s, 2));
        CHECK(both.index == 0);
        const auto at_once = co_await when_any(number_after(0s, 1), number_after(0s, 2));
        CHECK(at_once.index == 0);
        CHECK(std::get<0>(at_once.value) == 1);
        const auto later = co_await when_any(number_after(1s, 1), number_after(0s, 2));
        CHECK(later.index == 1);
        const auto kept = co_await when_any(number_after(1s, 1), fail_after(1s, "too late"));
        CHECK(kept.index == 0);
    });
}

TEST_CASE("when_any is cancelled with its coroutine", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        {
            const ringlet::cancel_scope limit(2s);
            const std::string error =
                co_await error_of(when_any(number_after(5s, 1), number_after(6s, 2)));
            CHECK(error.find("sleep") == 0);
            CHECK(owner.now() - start == 2s);
            const std::string late =
                co_await error_of(when_any(number_after(5s, 1), number_after(6s, 2)));
            CHECK(late.find("sleep") == 0);
            CHECK(owner.now() - start == 2s);
        }
        bool ended = false;
        const ringlet::cancel_scope limit(2s);
        const auto kept = co_await when_any(slow_to_end(ended), slow_to_end(ended));
        CHECK(std::get<0>(kept.value) == -1);  // it succeeded all the same
    });
}

TEST_CASE("when_any of no task is an error, of one its result", "[coro]") {
    run_virtually([](loop&) -> task<> {
        const auto one = co_await when_any(number_after(1s, 5));
        CHECK(std::get<0>(one.value) == 5);
        bool refused = false;
        try {
            co_await when_any(std::vector<task<int>>());
        } catch (const std::invalid_argument&) {
            refused = true;
        }
        CHECK(refused);
    });
}

TEST_CASE("a receive that loses when_any leaves the item in the channel", "[coro]") {
    run_virtually([](loop&) -> task<> {
        ringlet::channel<int> items(1);
        const auto receive = [&]() -> task<int> { co_return (co_await items.receive()).value(); };
        const auto tick = [&]() -> task<int> { co_return co_await number_after(1s, -1); };
        for (int i = 0; i < 3; ++i) {
            const auto first = co_await when_any(receive(), tick());
            CHECK(first.index == 1);
        }
        CHECK(items.try_send(5));
        const auto first = co_await when_any(receive(), tick());
        CHECK(std::get<0>(first.value) == 5);
    });
}

TEST_CASE("what the tasks of when_any give is destroyed once", "[coro]") {
    counted::begin();
    run_virtually([](loop&) -> task<> {
        const auto make = [](int number, int turns) -> task<counted> {
            for (; turns > 0; --turns)
                co_await ringlet::yield();
            co_return counted(number);
        };
        {
            const auto first = co_await when_any(make(1, 2), make(2, 1), make(3, 0));
            CHECK(first.index == 2);
            CHECK(std::get<2>(first.value).number() == 3);
            CHECK(counted::alive() == 1);
        }
        CHECK(counted::alive() == 0);
    });
    CHECK(counted::alive() == 0);
    CHECK(counted::strays() == 0);
}

}  // namespace tests::coro_when_any
