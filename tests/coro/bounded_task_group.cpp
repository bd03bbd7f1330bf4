// A task_group that lets only so many tasks run at once.

#include "cancellable.hpp"
#include "catch.hpp"
#include "counted.hpp"
#include "forked_child.hpp"
#include "others_go_on.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/with_timeout.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tests::coro_bounded_task_group {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::sleep_for;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

namespace {

task<> sleep_long() {
    co_await sleep_for(24h);
}

task<> fail_after_a_second() {
    co_await sleep_for(1s);
    throw std::runtime_error("inside");
}

}  // namespace

TEST_CASE("a bounded group never runs more tasks at once than it allows", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        int inside = 0;
        int most = 0;
        int ended = 0;
        const auto child = [&](int number) -> task<> {
            most = std::max(most, ++inside);
            if (number % 4 != 0)  // else it ends at once
                co_await sleep_for(std::chrono::seconds(1 + number % 3));
            --inside;
            ++ended;
        };
        joinable_task_group group(3);
        for (int i = 0; i < 50; ++i) {
            co_await group.spawn_when_free(child(i));
            CHECK(group.running() <= 3);
        }
        co_await group.join();
        CHECK(most == 3);
        CHECK(ended == 50);
        CHECK(owner.now() - start >= 74s / 3);
    });
}

TEST_CASE("while there is room, spawn_when_free begins the task without waiting", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        joinable_task_group group(2);
        bool turned = false;
        owner.post([&] { turned = true; });
        co_await group.spawn_when_free(sleep_long());
        co_await group.spawn_when_free(sleep_long());
        CHECK_FALSE(turned);
        CHECK(group.running() == 2);
        group.cancel();
        co_await group.join();
        joinable_task_group unbounded;
        for (int i = 0; i < 10; ++i)
            co_await unbounded.spawn_when_free(sleep_long());
        CHECK(unbounded.running() == 10);
        unbounded.cancel();
        co_await unbounded.join();
    });
}

TEST_CASE("places go to who waits first, several spawners or one", "[coro]") {
    run_virtually([](loop&) -> task<> {
        std::vector<int> order;
        const auto child = [&](int number) -> task<> {
            order.push_back(number);
            co_await sleep_for(1s);
        };
        joinable_task_group group(1);
        const auto spawner = [&](int number) -> task<> {
            co_await group.spawn_when_free(child(number));
            co_await group.spawn_when_free(child(number + 10));
        };
        joinable_task_group spawners;
        for (int i = 0; i < 3; ++i)
            spawners.spawn(spawner(i));
        co_await spawners.join();
        co_await group.join();
        // The first spawner waits again before the next ones come.
        CHECK(order == std::vector{0, 10, 1, 2, 11, 12});
    });
}

TEST_CASE("a place that was given is nobody else's, and spawn takes no account of places",
          "[coro]") {
    run_virtually([](loop&) -> task<> {
        ringlet::event end;
        const auto child = [&]() -> task<> { co_await end.wait(); };
        int begun = 0;
        const auto counting = [&]() -> task<> {
            ++begun;
            co_await sleep_for(1s);
        };
        joinable_task_group group(1);
        joinable_task_group spawners;
        const auto spawner = [&]() -> task<> { co_await group.spawn_when_free(counting()); };
        group.spawn(child());
        group.spawn(child());  // over the bound
        CHECK(group.running() == 2);
        spawners.spawn(spawner());
        spawners.spawn(spawner());
        end.set();
        co_await ringlet::yield();
        co_await ringlet::yield();
        CHECK(begun == 1);
        CHECK(group.running() == 1);
        co_await spawners.join();
        CHECK(begun == 2);
        co_await group.join();
    });
}

TEST_CASE("a task whose wait for a place is cancelled has not begun, and the place is free",
          "[coro]") {
    counted::begin();
    run_virtually([](loop&) -> task<> {
        bool begun = false;
        const auto never = [&](counted) -> task<> {
            begun = true;
            co_return;
        };
        joinable_task_group group(1);
        group.spawn(sleep_long());
        std::string text;
        const auto spawner = [&]() -> task<> {
            try {
                co_await group.spawn_when_free(never(counted(1)));
            } catch (const std::system_error& error) {
                CHECK(error.code() == std::errc::operation_canceled);
                text = error.what();
            }
        };
        cancel_scope* scope = nullptr;
        joinable_task_group spawners;
        spawners.spawn(cancellable(scope, spawner()));
        scope->cancel();
        co_await spawners.join();
        CHECK(text.find("task_group::spawn_when_free") == 0);
        CHECK(counted::alive() == 0);
        group.cancel();
        co_await group.join();
        {
            text.clear();
            cancel_scope before;
            before.cancel();
            co_await spawner();
            CHECK_FALSE(text.empty());
        }
        CHECK_FALSE(begun);
        joinable_task_group other(1);
        co_await other.spawn_when_free([]() -> task<> { co_await sleep_for(1s); }());
        co_await other.spawn_when_free([]() -> task<> { co_await sleep_for(1s); }());
        co_await other.join();
    });
    CHECK(counted::strays() == 0);
}

TEST_CASE("a place that was given is used though its spawner is cancelled in the same turn",
          "[coro]") {
    run_virtually([](loop&) -> task<> {
        int begun = 0;
        const auto child = [&]() -> task<> {
            ++begun;
            co_await ringlet::yield();
        };
        ringlet::event end;
        const auto first = [&]() -> task<> { co_await end.wait(); };
        joinable_task_group group(1);
        group.spawn(first());
        cancel_scope* scope = nullptr;
        const auto spawner = [&]() -> task<> { co_await group.spawn_when_free(child()); };
        const auto canceller = [&]() -> task<> {
            co_await end.wait();  // right after the first task, whose end frees the place
            scope->cancel();
        };
        joinable_task_group spawners;
        spawners.spawn(cancellable(scope, spawner()));
        spawners.spawn(canceller());
        end.set();
        co_await spawners.join();
        co_await group.join();
        CHECK(begun == 1);
        co_await group.spawn_when_free(child());  // the place came back
        co_await group.join();
        CHECK(begun == 2);
    });
}

TEST_CASE("tasks that end at once leave their places at once, and let others go on", "[coro]") {
    run_virtually([](loop&) -> task<> {
        int ended = 0;
        const auto child = [&]() -> task<> {
            ++ended;
            co_return;
        };
        joinable_task_group group(1);
        const auto again = [&]() -> task<> { co_await group.spawn_when_free(child()); };
        const bool gone_on = co_await others_go_on(again);
        CHECK(gone_on);
        CHECK(ended > 0);
        CHECK(group.running() == 0);
        co_await group.join();
    });
}

TEST_CASE("after a failure in a bounded group nothing begins any more", "[coro]") {
    run_virtually([](loop&) -> task<> {
        int begun = 0;
        const auto child = [&]() -> task<> {
            ++begun;
            co_await sleep_for(24h);
        };
        joinable_task_group group(2);
        joinable_task_group spawners;
        std::vector<std::string> refused;
        const auto spawner = [&]() -> task<> {
            try {
                co_await group.spawn_when_free(child());
            } catch (const std::system_error& error) {
                CHECK(error.code() == std::errc::operation_canceled);
                refused.emplace_back(error.what());
            }
        };
        co_await group.spawn_when_free(child());
        co_await group.spawn_when_free(fail_after_a_second());
        for (int i = 0; i < 3; ++i)
            spawners.spawn(spawner());  // they wait for a place
        co_await spawners.join();
        co_await spawner();
        group.spawn(child());
        std::string text;
        try {
            co_await group.join();
        } catch (const std::runtime_error& error) {
            text = error.what();
        }
        CHECK(text == "inside");
        CHECK(begun == 1);
        REQUIRE(refused.size() == 4);
        CHECK(refused.front().starts_with("task_group::spawn_when_free"));
    });
}

TEST_CASE("a body that spawns more tasks than may run begins none after the first failure",
          "[coro]") {
    run_virtually([](loop&) -> task<> {
        int begun = 0;
        const auto probe = [&](int i) -> task<> {
            ++begun;
            co_await sleep_for(1s);
            if (i == 7)
                throw std::runtime_error("the seventh");
        };
        std::string text;
        try {
            co_await task_group::run(5, [&](task_group& group) -> task<> {
                for (int i = 0; i < 1000; ++i)
                    co_await group.spawn_when_free(probe(i));
            });
        } catch (const std::runtime_error& error) {
            text = error.what();
        }
        CHECK(text == "the seventh");
        CHECK(begun < 15);
    });
}

TEST_CASE("a body that is cancelled while it waits for a place takes its tasks with it", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        counted::begin();
        const auto child = []() -> task<> {
            const counted local;
            co_await sleep_for(24h);
        };
        const auto scan = [&]() -> task<> {
            co_await task_group::run(20, [&](task_group& group) -> task<> {
                for (int port = 0; port < 200; ++port)
                    co_await group.spawn_when_free(child());
            });
        };
        std::error_code error;
        try {
            co_await ringlet::with_timeout(1s, scan());
        } catch (const std::system_error& failure) {
            error = failure.code();
        }
        CHECK(error == std::errc::timed_out);
        CHECK(counted::alive() == 0);
        CHECK(owner.now() - start == 1s);
    });
}

TEST_CASE("the body of a bounded group takes no place", "[coro]") {
    run_virtually([](loop&) -> task<> {
        int ended = 0;
        co_await task_group::run(1, [&](task_group& group) -> task<> {
            for (int i = 0; i < 3; ++i) {
                co_await group.spawn_when_free([&]() -> task<> {
                    co_await ringlet::yield();
                    ++ended;
                });
                CHECK(group.running() <= 1);
            }
        });
        CHECK(ended == 3);
    });
}

TEST_CASE("a bounded group lets a task run or more, in a loop", "[coro]") {
    CHECK_THROWS_AS(joinable_task_group(1U), std::logic_error);
    run_virtually([](loop&) -> task<> {
        CHECK_THROWS_AS(joinable_task_group(0U), std::invalid_argument);
        co_return;
    });
}

TEST_CASE("a bounded group destroyed while someone waits for a place ends the program", "[coro]") {
    const child_end end = run_in_child([] {
        ringlet::block_on([]() -> task<> {
            std::optional<joinable_task_group> group(std::in_place, 1U);
            const auto spawner = [&]() -> task<> {
                co_await group->spawn_when_free(sleep_long());
                co_await group->spawn_when_free(sleep_long());
            };
            joinable_task_group spawners;
            spawners.spawn(spawner());
            group.reset();
            co_return;
        }());
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a task_group was destroyed while its tasks ran"));
}

}  // namespace tests::coro_bounded_task_group
