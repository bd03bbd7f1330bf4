#include "catch.hpp"
#include "run_coroutine.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/join_operation.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <chrono>
#include <stdexcept>

namespace tests::coro_join_operation {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::sleep_for;
using ringlet::task;
using ringlet::detail::joinable_task_group;

namespace {

task<> sleep_long() {
    co_await sleep_for(24h);
}

/// Notes when it ends: an hour after it was cancelled.
task<> end_slowly(loop& owner, bool& ended) {
    std::error_code error;
    co_await sleep_for(24h, error);
    const ringlet::shield shield_guard(owner);
    co_await sleep_for(1h);
    ended = true;
}

/// The error that a join throws, none if it throws nothing.
task<std::error_code> join(joinable_task_group& group) {
    try {
        co_await group.join();
    } catch (const std::system_error& error) {
        co_return error.code();
    }
    co_return std::error_code();
}

}  // namespace

TEST_CASE("joining where no task runs is done at once, and may be done again", "[coro]") {
    run_coroutine([]() -> task<> {
        joinable_task_group group;
        bool turned = false;
        loop::current()->post([&] { turned = true; });
        co_await group.join();
        co_await group.join();
        CHECK_FALSE(turned);
    });
}

TEST_CASE("a second join at the same time is a logic_error", "[coro]") {
    run_virtually([&](loop&) -> task<> {
        joinable_task_group sleepers;
        sleepers.spawn(sleep_long());
        bool refused = false;
        const auto second = [&]() -> task<> {
            co_await sleep_for(1s);
            try {
                co_await sleepers.join();
            } catch (const std::logic_error&) {
                refused = true;
            }
        };
        joinable_task_group others;
        others.spawn(second());
        co_await sleepers.join();
        CHECK(refused);
        co_await others.join();
    });
}

TEST_CASE("a join that is cancelled waits for its tasks, and then says why", "[coro]") {
    run_virtually([&](loop& owner) -> task<> {
        const auto start = owner.now();
        bool ended = false;
        const cancel_scope limit(1s);
        joinable_task_group group;
        group.spawn(end_slowly(owner, ended));
        group.spawn(sleep_long());
        const std::error_code error = co_await join(group);
        CHECK(error == std::errc::timed_out);
        CHECK(ended);
        CHECK(owner.now() - start == 1h + 1s);
    });
}

TEST_CASE("a join under a scope of its own takes the tasks along when that is cancelled",
          "[coro]") {
    run_virtually([&](loop& owner) -> task<> {
        const auto start = owner.now();
        joinable_task_group group;
        bool ended = false;
        group.spawn(sleep_long());
        group.spawn(end_slowly(owner, ended));
        {
            const cancel_scope limit(1s);
            const std::error_code error = co_await join(group);
            CHECK(error == std::errc::timed_out);
            CHECK(ended);
            CHECK(owner.now() - start == 1h + 1s);
        }
        group.spawn(sleep_long());  // under a cancelled group it ends at once
        const std::error_code error = co_await join(group);
        CHECK_FALSE(error);
        CHECK(owner.now() - start == 1h + 1s);
    });
}

TEST_CASE("a join that begins under a cancelled scope takes the tasks along, and waits", "[coro]") {
    run_virtually([&](loop& owner) -> task<> {
        const auto start = owner.now();
        joinable_task_group group;
        bool ended = false;
        group.spawn(end_slowly(owner, ended));
        group.spawn(sleep_long());
        cancel_scope scope;
        scope.cancel();
        const std::error_code error = co_await join(group);
        CHECK(error == std::errc::operation_canceled);
        CHECK(ended);
        CHECK(owner.now() - start == 1h);
    });
}

TEST_CASE("a join whose tasks succeed in spite of a cancellation succeeds", "[coro]") {
    run_virtually([&](loop& owner) -> task<> {
        cancel_scope scope;
        joinable_task_group group;
        bool ended = false;
        group.spawn(end_slowly(owner, ended));
        scope.cancel();
        const std::error_code error = co_await join(group);
        CHECK_FALSE(error);
        CHECK(ended);
    });
}

}  // namespace tests::coro_join_operation
