#include "catch.hpp"
#include "counted.hpp"
#include "forked_child.hpp"
#include "run_coroutine.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace tests::coro_task_group {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::sleep_for;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

namespace {

task<> sleep_long() {
    co_await sleep_for(24h);
}

task<> fail_after(std::chrono::seconds delay, std::string what) {
    co_await sleep_for(delay);
    throw std::runtime_error(what);
}

task<> fail_at_once() {
    throw std::runtime_error("at once");
    co_return;
}

/// The text of what a join throws, empty if it throws nothing.
task<std::string> join(joinable_task_group& group) {
    try {
        co_await group.join();
    } catch (const std::exception& error) {
        co_return error.what();
    }
    co_return "";
}

}  // namespace

TEST_CASE("a spawned task runs up to its first suspension at once", "[coro]") {
    run_virtually([](loop&) -> task<> {
        int reached = 0;
        const auto child = [&]() -> task<> {
            reached = 1;
            co_await ringlet::yield();
            reached = 2;
        };
        joinable_task_group group;
        group.spawn(child());
        CHECK(reached == 1);
        CHECK(group.running() == 1);
        co_await group.join();
        CHECK(reached == 2);
        CHECK(group.running() == 0);
    });
}

TEST_CASE("join waits for every task", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        std::vector<int> ended;
        const auto child = [&](int seconds) -> task<> {
            co_await sleep_for(std::chrono::seconds(seconds));
            ended.push_back(seconds);
        };
        joinable_task_group group;
        for (const int seconds : {3, 0, 5, 1})
            group.spawn(child(seconds));
        co_await group.join();
        CHECK(ended == std::vector{0, 1, 3, 5});
        CHECK(owner.now() - start == 5s);
    });
}

TEST_CASE("the first failure cancels the other tasks and is what join throws", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        std::error_code sibling;
        const auto sleeper = [&]() -> task<> {
            co_await sleep_for(24h, sibling);
            throw std::runtime_error("a second failure, which does not count");
        };
        joinable_task_group group;
        group.spawn(sleeper());
        group.spawn(sleep_long());
        group.spawn(fail_after(2s, "the first"));
        group.spawn(fail_after(2s, "the next"));
        const std::string error = co_await join(group);
        CHECK(error == "the first");
        CHECK(sibling == std::errc::operation_canceled);
        CHECK(owner.now() - start == 2s);
        const std::string again = co_await join(group);
        CHECK(again.empty());
    });
}

TEST_CASE("a task that fails before it suspends does not throw in spawn", "[coro]") {
    run_virtually([](loop&) -> task<> {
        joinable_task_group group;
        group.spawn(sleep_long());
        group.spawn(fail_at_once());
        CHECK(group.running() == 1);
        const std::string error = co_await join(group);
        CHECK(error == "at once");
    });
}

TEST_CASE("an error that looks like a cancellation is a failure where nothing was cancelled",
          "[coro]") {
    run_virtually([](loop&) -> task<> {
        const auto child = []() -> task<> {
            throw std::system_error(std::make_error_code(std::errc::operation_canceled), "mine");
            co_return;
        };
        joinable_task_group group;
        group.spawn(child());
        const std::string error = co_await join(group);
        CHECK(error.find("mine") != std::string::npos);
    });
}

TEST_CASE("a task may be spawned after others have ended, and by another task", "[coro]") {
    run_virtually([](loop&) -> task<> {
        joinable_task_group group;
        int ended = 0;
        const auto leaf = [&]() -> task<> {
            co_await sleep_for(1s);
            ++ended;
        };
        const auto branch = [&]() -> task<> {
            group.spawn(leaf());
            co_await sleep_for(2s);
            group.spawn(leaf());
            ++ended;
        };
        group.spawn(leaf());
        co_await group.join();
        CHECK(ended == 1);
        group.spawn(branch());
        co_await group.join();
        CHECK(ended == 4);
    });
}

TEST_CASE("cancel ends the tasks, and join is silent about it", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        joinable_task_group group;
        group.spawn(sleep_long());
        group.spawn(sleep_long());
        group.cancel();
        CHECK(group.running() == 2);  // cancelling runs nothing by itself
        const std::string error = co_await join(group);
        CHECK(error.empty());
        CHECK(owner.now() == start);
        co_await sleep_for(1s);  // the parent is not cancelled
    });
}

TEST_CASE("a failure after a cancellation still counts", "[coro]") {
    run_virtually([](loop&) -> task<> {
        const auto child = []() -> task<> {
            std::error_code error;
            co_await sleep_for(24h, error);
            throw std::runtime_error("while cleaning up");
        };
        joinable_task_group group;
        group.spawn(child());
        group.cancel();
        const std::string error = co_await join(group);
        CHECK(error == "while cleaning up");
    });
}

TEST_CASE("a failure of a group inside a group reaches the outer one", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const auto nested = []() -> task<> {
            joinable_task_group inner;
            inner.spawn(sleep_long());
            inner.spawn(fail_after(1s, "deep down"));
            co_await inner.join();
        };
        joinable_task_group outer;
        outer.spawn(nested());
        outer.spawn(sleep_long());
        const std::string error = co_await join(outer);
        CHECK(error == "deep down");
        CHECK(owner.now() - start == 1s);
    });
}

TEST_CASE("cancelling a group reaches the groups inside it", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const auto nested = []() -> task<> {
            joinable_task_group inner;
            inner.spawn(sleep_long());
            inner.spawn(sleep_long());
            co_await inner.join();
            FAIL("the join of a cancelled task must throw");
        };
        joinable_task_group outer;
        outer.spawn(nested());
        outer.cancel();
        const std::string error = co_await join(outer);
        CHECK(error.empty());
        CHECK(owner.now() == start);
    });
}

TEST_CASE("run joins what its body spawned", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        int ended = 0;
        const auto child = [&](std::chrono::seconds duration) -> task<> {
            co_await sleep_for(duration);
            ++ended;
        };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(child(3s));
            co_await sleep_for(1s);
            group.spawn(child(1s));
        });
        CHECK(ended == 2);
        CHECK(owner.now() - start == 3s);
    });
}

TEST_CASE("run leaves no task behind when its body throws", "[coro]") {
    counted::begin();
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const auto child = []() -> task<> {
            const counted local;
            co_await sleep_for(24h);
        };
        std::string error;
        try {
            co_await task_group::run([&](task_group& group) -> task<> {
                group.spawn(child());
                co_await sleep_for(1s);
                throw std::runtime_error("the body");
            });
        } catch (const std::runtime_error& thrown) {
            error = thrown.what();
        }
        CHECK(error == "the body");
        CHECK(counted::alive() == 0);
        CHECK(owner.now() - start == 1s);
    });
}

TEST_CASE("a body may be an ordinary function, and leaves no task behind when it throws",
          "[coro]") {
    counted::begin();
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        int ended = 0;
        const auto child = [&]() -> task<> {
            const counted local;
            co_await sleep_for(2s);
            ++ended;
        };
        co_await task_group::run([&](task_group& group) {
            group.spawn(child());
            group.spawn(child);
        });
        CHECK(ended == 2);
        CHECK(owner.now() - start == 2s);
        std::string error;
        try {
            co_await task_group::run([&](task_group& group) {
                group.spawn(child());
                throw std::runtime_error("the body");
            });
        } catch (const std::runtime_error& thrown) {
            error = thrown.what();
        }
        CHECK(error == "the body");
        CHECK(ended == 2);
        CHECK(counted::alive() == 0);
        CHECK(owner.now() - start == 2s);
    });
}

TEST_CASE("run that is cancelled cancels its body and its tasks, and awaits them", "[coro]") {
    counted::begin();
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const auto lingering = []() -> task<> {
            const counted local;
            std::error_code error;
            co_await sleep_for(24h, error);
            const ringlet::shield clean_up;
            co_await sleep_for(3s);
        };
        std::error_code error;
        try {
            const ringlet::cancel_scope limit(1s);
            co_await task_group::run([&](task_group& group) -> task<> {
                group.spawn(lingering());
                co_await sleep_long();
            });
        } catch (const std::system_error& thrown) {
            error = thrown.code();
        }
        CHECK(error == std::errc::timed_out);
        CHECK(counted::alive() == 0);
        CHECK(owner.now() - start == 4s);
    });
}

// A program cannot make a group by itself, and so cannot forget to join it.
static_assert(!std::is_default_constructible_v<task_group>);
static_assert(!std::is_constructible_v<task_group, std::size_t>);
static_assert(!std::is_constructible_v<task_group, loop&>);
static_assert(!std::is_destructible_v<task_group>);

TEST_CASE("a group needs a loop, which need not run yet", "[coro]") {
    CHECK_THROWS_AS(joinable_task_group(), std::logic_error);
    loop owner;
    joinable_task_group group(owner);
    bool ended = false;
    run_coroutine(owner, [&]() -> task<> {
        const auto child = [&]() -> task<> {
            co_await ringlet::yield();
            ended = true;
        };
        group.spawn(child());
        co_await group.join();
    });
    CHECK(ended);
}

TEST_CASE("a group destroyed while its tasks run ends the program with a sentence", "[coro]") {
    const child_end end = run_in_child([] {
        ringlet::block_on([]() -> task<> {
            joinable_task_group group;
            group.spawn(sleep_long());
            co_return;
        }());
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a task_group was destroyed while its tasks ran"));
}

}  // namespace tests::coro_task_group
