#include "catch.hpp"
#include "conformance.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <limits>
#include <set>
#include <string>

namespace tests::ring_conformance_timeout {

using namespace std::chrono_literals;

namespace {

using time_point = ringlet::ring::clock::time_point;

__kernel_timespec timespec_of(std::chrono::nanoseconds time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
}

/// The SQE may not look at the time once it is handed over.
void hand_over_timeout(ringlet::ring& ring, std::uint64_t user_data, __kernel_timespec time,
                       unsigned flags) {
    prepare_as(ring, user_data,
               [&](io_uring_sqe* sqe) { io_uring_prep_timeout(sqe, &time, 0, flags); });
    hand_over(ring);
    time = {};
}

/// How far the clock of this process is ahead of the machine's: time_namespaces(7).
std::chrono::nanoseconds clock_offset() {
    std::ifstream offsets("/proc/self/timens_offsets");
    std::string clock;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    while (offsets >> clock >> seconds >> nanoseconds)
        if (clock == "monotonic")
            return std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds);
    return {};
}

/// The kernel's ring counts an absolute timeout, which the library has no use for, by the machine's
/// clock in a time namespace too (Linux 6.18).
void hand_over_timeout_at(ringlet::ring& ring, std::uint64_t user_data, time_point end) {
    std::chrono::nanoseconds time = end.time_since_epoch();
    if (ring.name() == "kernel")
        time = std::max(time - clock_offset(), 0ns);
    hand_over_timeout(ring, user_data, timespec_of(time), IORING_TIMEOUT_ABS);
}

}  // namespace

TEST_CASE("a timeout ends with ETIME, not before its time", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::timeouts)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    for (const auto duration : {0ms, 1ms, 20ms}) {
        const time_point end = ring->now() + duration;
        hand_over_timeout(*ring, 1, timespec_of(duration), 0);
        CHECK(next_completion(*ring).result == -ETIME);
        CHECK(ring->now() >= end);
    }
    // The clock may have begun with the machine, a moment ago; no timeout ends before it began.
    for (const time_point end : {time_point(), ring->now()}) {
        hand_over_timeout_at(*ring, 1, end);
        CHECK(next_completion(*ring).result == -ETIME);
    }
    const time_point end = ring->now() + 20ms;
    hand_over_timeout_at(*ring, 1, end);
    CHECK(next_completion(*ring).result == -ETIME);
    CHECK(ring->now() >= end);
}

TEST_CASE("timeouts end in the order of their times", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::timeouts)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const time_point now = ring->now();
    std::set<std::uint64_t> pending{1, 2, 3};
    for (const int i : {3, 1, 2})
        hand_over_timeout_at(*ring, static_cast<std::uint64_t>(i), now + i * 5ms);
    while (!pending.empty()) {
        const std::uint64_t ended = next_completion(*ring).user_data;
        CAPTURE(ended);
        CHECK(ring->now() >= now + ended * 5ms);  // and so after those whose times are over before
        if (tested.name != "kernel")
            CHECK(*pending.begin() == ended);  // the kernel ends those in any order that are late
        REQUIRE(pending.erase(ended) == 1);
    }
}

TEST_CASE("a timeout is cancelled, however far its end", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::timeouts)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    constexpr auto for_ever = std::numeric_limits<std::int64_t>::max();
    const unsigned flags = GENERATE(0U, unsigned{IORING_TIMEOUT_ABS});
    for (const std::int64_t seconds :
         {std::int64_t{1} << 30U, for_ever / 1'000'000'000, for_ever}) {
        CAPTURE(seconds);
        hand_over_timeout(*ring, 1, {.tv_sec = seconds, .tv_nsec = 999'999'999}, flags);
        CHECK(nothing_completes(*ring));
        CHECK(cancel(*ring, 1) == cancelled);
    }
}

TEST_CASE("a time before all time is no timeout", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::timeouts)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    hand_over_timeout(*ring, 1, {.tv_sec = -1, .tv_nsec = 0}, 0);
    CHECK(next_completion(*ring).result == -EINVAL);
    hand_over_timeout(*ring, 1, {.tv_sec = 0, .tv_nsec = -1}, IORING_TIMEOUT_ABS);
    CHECK(next_completion(*ring).result == -EINVAL);
}

TEST_CASE("a wait ends with the first timeout, or with its own deadline", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::timeouts)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    hand_over_timeout(*ring, 1, timespec_of(1h), 0);
    const time_point deadline = ring->now() + 10ms;
    while (ring->now() < deadline) {  // it may return early
        ring->enter(0, 1, deadline);
        REQUIRE(ring->completions().ready() == 0);
    }
    hand_over_timeout(*ring, 2, timespec_of(1ms), 0);
    CHECK(next_completion(*ring).user_data == 2);
    CHECK(cancel(*ring, 1) == cancelled);
}

}  // namespace tests::ring_conformance_timeout
