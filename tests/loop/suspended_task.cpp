#include "catch.hpp"
#include "co_await_line.hpp"
#include "run_coroutine.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/dump_tasks.hpp>

#include <chrono>
#include <string_view>

namespace tests::loop_suspended_task {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::suspended_tasks;
using ringlet::task;

namespace {

unsigned inner_line = 0;
unsigned outer_line = 0;

task<> inner(ringlet::event& awaited) {
    inner_line = co_await_line(__LINE__ + 1);
    co_await awaited.wait();
}

task<> outer(ringlet::event& awaited) {
    outer_line = co_await_line(__LINE__ + 1);
    co_await inner(awaited);
}

bool in_function(const std::source_location& where, std::string_view name) {
    return std::string_view(where.function_name()).find(name) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a waiting coroutine is listed with those that wait for it", "[loop]") {
    loop owner;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::event awaited;
        ringlet::detail::joinable_task_group group;
        group.spawn(outer(awaited));
        {
            const auto tasks = suspended_tasks(owner);
            REQUIRE(tasks.size() == 1);
            const auto& stack = tasks[0].stack;
            REQUIRE(stack.size() >= 2);
            CHECK(stack[0].line() == inner_line);
            CHECK(in_function(stack[0], "inner"));
            CHECK(stack[1].line() == outer_line);
            CHECK(in_function(stack[1], "outer"));
            CHECK_FALSE(tasks[0].ready);
        }
        awaited.set();
        {
            const auto tasks = suspended_tasks(owner);
            REQUIRE(tasks.size() == 1);
            CHECK(tasks[0].ready);
        }
        co_await group.join();
        CHECK(suspended_tasks(owner).empty());
    });
}

TEST_CASE("coroutines are listed by how long they have waited, the longest first", "[loop]") {
    run_virtually([&](loop& owner) -> task<> {
        ringlet::detail::joinable_task_group group;
        const auto sleeper = []() -> task<> { co_await ringlet::sleep_for(1h); };
        group.spawn(sleeper());
        co_await ringlet::sleep_for(5s);
        group.spawn(sleeper());
        co_await ringlet::sleep_for(2s);
        const auto tasks = suspended_tasks(owner);
        REQUIRE(tasks.size() == 2);
        CHECK(tasks[0].suspended_for == 7s);
        CHECK(tasks[1].suspended_for == 2s);
        group.cancel();
        co_await group.join();
    });
}

TEST_CASE("coroutines are listed whatever scope they are in", "[loop]") {
    loop owner;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::event awaited;
        const auto in_a_scope = [&]() -> task<> {
            const ringlet::cancel_scope one;
            const ringlet::cancel_scope other(1h);
            co_await awaited.wait();
        };
        const auto shielded = [&]() -> task<> {
            const ringlet::shield shield_guard(owner);
            co_await awaited.wait();
        };
        ringlet::detail::joinable_task_group group;
        group.spawn(in_a_scope());
        group.spawn(shielded());
        group.spawn(inner(awaited));
        CHECK(suspended_tasks(owner).size() == 3);
        awaited.set();
        co_await group.join();
    });
}

TEST_CASE("those whose turn it is are listed as ready while others go before them", "[loop]") {
    loop owner;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        std::vector<std::size_t> ready;
        const auto look = [&]() -> task<> {
            co_await ringlet::yield();
            for (const auto& task : suspended_tasks(owner))
                ready.back() += task.ready ? 1 : 0;
            ready.push_back(0);
        };
        ready.push_back(0);
        for (int i = 0; i < 3; ++i)
            group.spawn(look());
        co_await group.join();
        ready.pop_back();
        CHECK(ready == std::vector<std::size_t>{2, 1, 0});
    });
}

}  // namespace tests::loop_suspended_task
