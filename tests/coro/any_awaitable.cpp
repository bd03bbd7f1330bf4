// What combines takes any awaitable: tasks, operations, awaitables of the program's own, and
// callables that return one of them.

#include "catch.hpp"
#include "run_coroutine.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/when_all.hpp>
#include <ringlet/coro/when_any.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/stream_pair.hpp>

#include <array>
#include <chrono>
#include <coroutine>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>

namespace tests::coro_any_awaitable {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::sleep_for;
using ringlet::task;
using ringlet::task_group;

namespace {

task<int> number_after(std::chrono::seconds delay, int number) {
    co_await sleep_for(delay);
    co_return number;
}

/// An awaitable of the program's own, which can be moved.
struct seven {
    struct awaiter {
        bool await_ready() const noexcept { return true; }
        void await_suspend(std::coroutine_handle<>) const noexcept {}
        int await_resume() const noexcept { return 7; }
    };
    awaiter operator co_await() const noexcept { return {}; }
};

}  // namespace

TEST_CASE("when_any takes a receive and a sleep", "[coro]") {
    run_coroutine([]() -> task<> {
        ringlet::stream_pair pair;
        std::array<char, 8> buffer;
        co_await pair.other.send_all("abc");
        const auto first = co_await ringlet::when_any(pair.one.recv(buffer), sleep_for(1h));
        CHECK(first.index == 0);
        CHECK(std::get<0>(first.value) == 3);
        const auto second = co_await ringlet::when_any(pair.one.recv(buffer), sleep_for(1ms));
        CHECK(second.index == 1);
        co_await pair.other.send_all("defg");  // the receive that lost has taken nothing
        const std::size_t size = co_await pair.one.recv(buffer);
        CHECK(size == 4);
    });
}

TEST_CASE("when_all takes operations, tasks, callables and awaitables of the program's own",
          "[coro]") {
    run_virtually([](loop&) -> task<> {
        ringlet::channel<std::string> items(1);
        const auto all = co_await ringlet::when_all(
            items.receive(), items.send("sent"), number_after(1s, 2), seven(),
            [] { return number_after(2s, 3); }, [&]() -> task<int> { co_return 4; });
        CHECK(std::get<0>(all) == "sent");
        CHECK(std::is_same_v<std::tuple_element_t<1, std::remove_cv_t<decltype(all)>>,
                             std::monostate>);
        CHECK(std::get<2>(all) == 2);
        CHECK(std::get<3>(all) == 7);
        CHECK(std::get<4>(all) == 3);
        CHECK(std::get<5>(all) == 4);
    });
}

TEST_CASE("first_success takes operations, and combinations are awaitables too", "[coro]") {
    run_virtually([](loop&) -> task<> {
        ringlet::event never;
        const auto won = co_await ringlet::first_success(
            ringlet::with_timeout(1s, never.wait()),
            ringlet::when_any(sleep_for(3s), ringlet::when_all(sleep_for(2s), sleep_for(1s))));
        CHECK(won.index == 1);
        CHECK(std::get<1>(won.value).index == 1);
        bool timed_out = false;
        try {
            co_await ringlet::with_timeout(1s, ringlet::when_all(sleep_for(5s), never.wait()));
        } catch (const std::system_error& error) {
            timed_out = error.code() == std::errc::timed_out;
        }
        CHECK(timed_out);
    });
}

TEST_CASE("with_timeout and with_deadline take callables", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const int number = co_await ringlet::with_timeout(2s, [] { return number_after(1s, 5); });
        CHECK(number == 5);
        bool timed_out = false;
        try {
            co_await ringlet::with_deadline(owner.now() + 1s,
                                            []() -> task<> { co_await sleep_for(1h); });
        } catch (const std::system_error& error) {
            timed_out = error.code() == std::errc::timed_out;
        }
        CHECK(timed_out);
    });
}

TEST_CASE("spawn takes callables that return any awaitable, and owns them", "[coro]") {
    run_virtually([](loop&) -> task<> {
        std::string order;
        ringlet::event end;
        co_await task_group::run([&](task_group& group) {
            for (const char letter : {'a', 'b', 'c'})
                group.spawn([&order, letter]() -> task<> {
                    co_await ringlet::yield();
                    order += letter;
                });
            group.spawn([&] { return end.wait(); });
            group.spawn([&, owned = std::make_unique<int>(1)]() -> task<int> {
                co_await sleep_for(1s);
                end.set();
                co_return *owned;
            });
            group.spawn(number_after(1s, 1));
            group.spawn(seven());
        });
        CHECK(order == "abc");
    });
}

TEST_CASE("block_on takes a callable, and owns it", "[coro]") {
    const int number = ringlet::block_on([owned = std::make_unique<int>(3)]() -> task<int> {
        co_await ringlet::yield();
        co_return *owned;
    });
    CHECK(number == 3);
    loop owner;
    ringlet::block_on(owner, [] { return sleep_for(1ns); });
    int value = 4;
    int& same = ringlet::block_on(owner, [&]() -> task<int&> { co_return value; });
    CHECK(&same == &value);
}

// A combination that refers to an operation cannot outlive it by mistake: it is neither moved nor
// spawned. One that owns all its parts is a task.
using sleep = ringlet::detail::sleep_operation;
using of_operations = decltype(ringlet::when_any(std::declval<sleep>(), std::declval<sleep>()));
using of_tasks = decltype(ringlet::when_all(std::declval<task<int>>(), std::declval<seven>()));
static_assert(!std::is_move_constructible_v<of_operations>);
static_assert(std::is_same_v<of_tasks, task<std::tuple<int, int>>>);
static_assert(!ringlet::detail::ownable<sleep>);
static_assert(!ringlet::detail::ownable<of_operations>);
static_assert(!ringlet::detail::awaitable<task<>&>);

}  // namespace tests::coro_any_awaitable
