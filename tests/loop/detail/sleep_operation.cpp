#include "catch.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <vector>

namespace tests::loop_sleep_operation {

using namespace std::chrono_literals;

namespace {

using time_point = ringlet::loop::clock::time_point;

ringlet::task<> note_at(time_point deadline, int number, std::vector<int>& notes) {
    std::error_code error;
    co_await ringlet::sleep_until(deadline, error);
    notes.push_back(error ? -number : number);
}

}  // namespace

TEST_CASE("sleepers wake in the order of their deadlines, equal ones in that of sleeping",
          "[loop]") {
    ringlet::loop owner(std::make_unique<virtual_time_ring>());
    std::vector<int> notes;
    const auto sleep = [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        const time_point now = owner.now();
        group.spawn(note_at(now + 3h, 4, notes));
        group.spawn(note_at(now + 1h, 2, notes));
        group.spawn(note_at(now + 2h, 3, notes));
        group.spawn(note_at(now + 3h, 5, notes));
        group.spawn(note_at(now - 1h, 1, notes));
        co_await group.join();
        CHECK(owner.now() == now + 3h);
    };
    ringlet::block_on(owner, sleep());
    CHECK(notes == std::vector{1, 2, 3, 4, 5});
}

TEST_CASE("a sleep lasts until its deadline, and one in the past for a turn", "[loop]") {
    run_coroutine([]() -> ringlet::task<> {
        const time_point deadline = ringlet::loop::current()->now() + 5ms;
        co_await ringlet::sleep_until(deadline);
        CHECK(ringlet::loop::current()->now() >= deadline);
        co_await ringlet::sleep_until(time_point::min());
        co_await ringlet::sleep_until(time_point{});
    });
}

TEST_CASE("a sleep is cancelled, and its timer goes", "[loop]") {
    run_coroutine([]() -> ringlet::task<> {
        ringlet::loop& owner = *ringlet::loop::current();
        const time_point limit = owner.core().timers().next_deadline();
        std::vector<int> notes;
        ringlet::detail::joinable_task_group group;
        group.spawn(note_at(owner.now() + 1s, 1, notes));
        CHECK(owner.core().timers().next_deadline() != limit);
        group.cancel();
        CHECK(notes.empty());
        CHECK(owner.core().timers().next_deadline() == limit);
        co_await group.join();
        CHECK(notes == std::vector{-1});
    });
}

TEST_CASE("a sleep whose deadline has passed before it is cancelled has slept", "[loop]") {
    ringlet::loop owner(std::make_unique<virtual_time_ring>());
    std::vector<int> notes;
    const auto sleep = [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        const time_point deadline = owner.now() + 1h;
        group.spawn(note_at(deadline, 1, notes));
        group.spawn(note_at(deadline + 1h, 2, notes));
        co_await ringlet::yield();
        owner.core().timers().expire_until(deadline);
        group.cancel();
        co_await group.join();
    };
    ringlet::block_on(owner, sleep());
    CHECK(notes == std::vector{1, -2});
}

TEST_CASE("a cancelled sleep throws why: by hand or by a deadline", "[loop]") {
    ringlet::loop owner(std::make_unique<virtual_time_ring>());
    const auto sleep_under = [&](time_point deadline, bool cancel) -> ringlet::task<std::string> {
        ringlet::cancel_scope scope(deadline);
        if (cancel)
            owner.post([&] { scope.cancel(); });
        try {
            co_await ringlet::sleep_until(owner.now() + 5h);
        } catch (const std::system_error& error) {
            co_return error.what();
        }
        co_return "slept";
    };
    CHECK(ringlet::block_on(owner, sleep_under(time_point::max(), false)) == "slept");
    CHECK(ringlet::block_on(owner, sleep_under(time_point::max(), true)) ==
          "sleep: Operation canceled");
    CHECK(ringlet::block_on(owner, sleep_under(owner.now() + 1h, false)) ==
          "sleep: timed out by a deadline of this program");
}

TEST_CASE("cancelling a sleep that has ended changes nothing", "[loop]") {
    ringlet::loop owner(std::make_unique<virtual_time_ring>());
    ringlet::detail::sleep_operation sleep(owner.core(), owner.now(), ringlet::throws);
    REQUIRE(sleep.await_suspend(std::noop_coroutine()));
    owner.core().timers().expire_until(owner.now());
    sleep.cancel();
    owner.stop();
    owner.run();
    sleep.cancel();
    CHECK(sleep.result() == 0);
    CHECK_NOTHROW(sleep.await_resume());
}

}  // namespace tests::loop_sleep_operation
