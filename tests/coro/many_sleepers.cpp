// A hundred thousand sleepers at once: each wakes when it should, and in its turn.

#include "catch.hpp"
#include "run_coroutine.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace tests::coro_many_sleepers {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::joinable_task_group;

namespace {

constexpr std::size_t count = 100'000;

/// Sleepers with deadlines that are no pattern: every other one is cancelled before its own, and
/// some have to wake at the same time.
class sleepers {
public:
    using time_point = loop::clock::time_point;

    /// They wake within `range` from `begin` on, at one of `moments` points in time.
    sleepers(time_point begin, std::chrono::nanoseconds range, std::uint32_t moments) {
        std::uint32_t state = 1;
        const auto next = [&] {
            state = state * 1664525 + 1013904223;
            return begin + range * (state % moments) / moments;
        };
        expected_.resize(count);
        std::generate(expected_.begin(), expected_.end(), next);
    }

    /// Sleeps until all have woken.
    task<> sleep(loop& owner) {
        woken_.reserve(count);
        joinable_task_group group;
        for (std::size_t i = 0; i < count; ++i)
            group.spawn(i % 2 == 0 ? sleep_to_the_end(owner, i) : sleep_until_cancelled(owner, i));
        co_await group.join();
    }

    /// By how much each was late, in the order in which they woke.
    [[nodiscard]] std::vector<std::chrono::nanoseconds> lateness() const {
        std::vector<std::chrono::nanoseconds> late;
        for (const waking& one : woken_)
            late.push_back(one.when - expected_[one.who]);
        return late;
    }

    /// Whether all woke, in the order of their deadlines, and first armed was first among equals.
    [[nodiscard]] bool in_order() const {
        std::vector<std::size_t> sorted(count);
        std::generate(sorted.begin(), sorted.end(), [i = std::size_t{0}]() mutable { return i++; });
        std::ranges::stable_sort(sorted, {}, [&](std::size_t who) { return expected_[who]; });
        return std::ranges::equal(sorted, woken_, {}, {}, &waking::who);
    }

private:
    struct waking {
        std::size_t who;
        time_point when;
    };

    task<> sleep_to_the_end(loop& owner, std::size_t who) {
        co_await ringlet::sleep_until(expected_[who]);
        woken_.push_back({who, owner.now()});
    }

    task<> sleep_until_cancelled(loop& owner, std::size_t who) {
        std::error_code error;
        const auto deadline = expected_[who] + 1ns * (who % 1'000'000 + 1);
        co_await ringlet::with_deadline(expected_[who], ringlet::sleep_until(deadline, error));
        woken_.push_back({who, owner.now()});
        if (error != std::errc::timed_out)
            FAIL("sleeper " << who << " was not cancelled: " << error.message());
    }

    std::vector<time_point> expected_;
    std::vector<waking> woken_;
};

}  // namespace

TEST_CASE("100,000 sleepers wake exactly when they should, in order", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        sleepers many(owner.now() + 1s, 1h, 50'000);
        co_await many.sleep(owner);
        const auto late = many.lateness();
        CHECK(late.size() == count);
        CHECK(std::ranges::count(late, 0ns) == static_cast<std::ptrdiff_t>(count));
        CHECK(many.in_order());
        CHECK(owner.core().timers().empty());
    });
}

TEST_CASE("100,000 sleepers of the kernel's ring wake in order, and none too early", "[coro]") {
    loop owner;
    run_coroutine(owner, [&]() -> task<> {
        sleepers many(owner.now() + 500ms, 1s, 50'000);
        co_await many.sleep(owner);
        auto late = many.lateness();
        REQUIRE(late.size() == count);
        std::ranges::sort(late);
        CHECK(late.front() >= 0ns);
        CHECK(many.in_order());
        WARN("they woke late by " << late[count / 2] / 1us << " us at the median, "
                                  << late[count * 99 / 100] / 1us << " us at the 99th percentile, "
                                  << late.back() / 1us << " us at most");
    });
}

}  // namespace tests::coro_many_sleepers
