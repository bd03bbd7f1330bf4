#include "catch.hpp"
#include "forked_child.hpp"
#include "passing_time_ring.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/loop/loop_times.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <thread>

namespace tests::loop_loop_times {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::task;
using ringlet::time_histogram;

namespace {

std::uint64_t total(const time_histogram& times) {
    return std::accumulate(times.counts.begin(), times.counts.end(), std::uint64_t{0});
}

/// The number of times in the range in which `time` lies.
std::uint64_t count_near(const time_histogram& times, std::chrono::nanoseconds time) {
    const auto bound = std::ranges::lower_bound(time_histogram::bounds, time);
    return times.counts[static_cast<std::size_t>(bound - time_histogram::bounds.begin())];
}

/// One of two coroutines that wake at once computes for `time`, so that the other one waits.
void compute_beside_another(std::chrono::nanoseconds time) {
    auto made = std::make_unique<passing_time_ring>();
    passing_time_ring& ring = *made;
    loop owner(std::move(made));
    ringlet::block_on(owner, [](passing_time_ring& clock, std::chrono::nanoseconds busy) -> task<> {
        const auto compute = [&]() -> task<> {
            co_await ringlet::sleep_for(1s);
            clock.passed += busy;
        };
        const auto wait = []() -> task<> { co_await ringlet::sleep_for(1s); };
        ringlet::detail::joinable_task_group group;
        group.spawn(compute());
        group.spawn(wait());
        co_await group.join();
    }(ring, time));
}

// What is measured is so for the rest of the process, hence the processes.
template <class Body>
void in_a_process_of_its_own(const Body& body) {
    forked_child measuring([&] {
        body();
        return 0;
    });
    const child_end end = measuring.wait();
    INFO(end.text);
    CHECK(end.exited_with(0));
}

void require(bool good, const char* what) {
    if (!good)
        throw std::logic_error(what);
}

}  // namespace

TEST_CASE("nothing is measured before somebody asks for it", "[loop]") {
    in_a_process_of_its_own([] {
        compute_beside_another(20ms);
        require(total(ringlet::measured_loop_times().turns) == 0, "a turn was measured");
        require(total(ringlet::measured_loop_times().waits) == 0, "a wait was measured");
    });
}

TEST_CASE("a coroutine that computes makes a long turn, and others wait", "[loop]") {
    in_a_process_of_its_own([] {
        ringlet::measure_loops();
        compute_beside_another(20ms);
        const ringlet::loop_times times = ringlet::measured_loop_times();
        require(count_near(times.turns, 20ms) == 1, "the long turn");
        require(total(times.turns) > 1, "the short turns");
        require(times.turns.sum == 20ms, "the sum of the turns");
        require(count_near(times.waits, 20ms) == 1, "the wait of the other coroutine");
        require(times.waits.sum == 20ms, "the sum of the waits");
    });
}

TEST_CASE("a loop is measured in whatever thread and process it runs", "[loop]") {
    in_a_process_of_its_own([] {
        ringlet::measure_loops();
        std::thread(compute_beside_another, 20ms).join();
        forked_child child([] {
            compute_beside_another(300ms);
            return 0;
        });
        require(child.wait().exited_with(0), "the child");
        const ringlet::loop_times times = ringlet::measured_loop_times();
        require(count_near(times.turns, 20ms) == 1, "the turn in the thread");
        require(count_near(times.turns, 300ms) == 1, "the turn in the child");
        require(times.turns.sum == 320ms, "the sum");
    });
}

}  // namespace tests::loop_loop_times
