#include "catch.hpp"
#include "connected_pair.hpp"
#include "passing_time_ring.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/poll_operation.hpp>
#include <ringlet/loop/loop.hpp>

#include <chrono>

namespace tests::loop_loop_statistics {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::task;

TEST_CASE("a turn is a visit to the ring", "[loop]") {
    loop owner;
    CHECK(owner.statistics().turns == 0);
    run_coroutine(owner, [&]() -> task<> {
        const auto before = owner.statistics();
        for (int i = 0; i < 10; ++i)
            co_await ringlet::yield();
        CHECK(owner.statistics().turns - before.turns == 10);
        CHECK(owner.statistics().completions == before.completions);
    });
}

TEST_CASE("operations are counted while they are in flight and when they complete", "[loop]") {
    loop owner;
    const connected_pair pair = unix_pair();
    run_coroutine(owner, [&]() -> task<> {
        const auto wait = [&](short events) -> task<> {
            co_await ringlet::detail::poll_operation(owner.core(), pair.fd(), events);
        };
        ringlet::detail::joinable_task_group group;
        group.spawn(wait(POLLIN));
        group.spawn(wait(POLLIN));
        CHECK(owner.statistics().in_flight == 2);
        co_await wait(POLLOUT);
        CHECK(owner.statistics().in_flight == 2);
        CHECK(owner.statistics().completions == 1);
        CHECK(::send(pair.peer(), "x", 1, 0) == 1);
        co_await group.join();
        CHECK(owner.statistics().in_flight == 0);
        CHECK(owner.statistics().completions == 3);
        owner.restart_statistics();
        CHECK(owner.statistics().completions == 0);
    });
}

TEST_CASE("the longest run is the longest time between two visits to the ring", "[loop]") {
    auto made = std::make_unique<passing_time_ring>();
    passing_time_ring& ring = *made;
    loop owner(std::move(made));
    ringlet::block_on(owner, [](loop& here, passing_time_ring& time) -> task<> {
        co_await ringlet::sleep_for(1h);  // waiting is no run
        CHECK(here.statistics().longest_run == 0ns);
        time.passed += 30ms;
        co_await ringlet::yield();
        CHECK(here.statistics().longest_run == 30ms);
        time.passed += 20ms;
        co_await ringlet::yield();
        CHECK(here.statistics().longest_run == 30ms);
        here.restart_statistics();
        CHECK(here.statistics().longest_run == 0ns);
        CHECK(here.statistics().turns == 0);
        time.passed += 10ms;
        co_await ringlet::yield();
        CHECK(here.statistics().longest_run == 10ms);
    }(owner, ring));
}

}  // namespace tests::loop_loop_statistics
