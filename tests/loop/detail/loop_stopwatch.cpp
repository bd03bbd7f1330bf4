#include "catch.hpp"

#include <ringlet/loop/detail/loop_stopwatch.hpp>

#include <chrono>
#include <cstddef>

namespace tests::loop_loop_stopwatch {

using namespace std::chrono_literals;
using ringlet::time_histogram;
using ringlet::detail::counted_times;

namespace {

/// The range into which a time is counted.
std::size_t range_of(std::chrono::nanoseconds time) {
    counted_times counted;
    counted.add(time);
    time_histogram times;
    counted.add_to(times);
    for (std::size_t range = 0; range < times.counts.size(); ++range)
        if (times.counts[range] == 1)
            return range;
    return times.counts.size();
}

}  // namespace

TEST_CASE("a time belongs to the first range whose bound it does not exceed", "[loop]") {
    for (std::size_t range = 0; range < time_histogram::bounds.size(); ++range) {
        INFO(range);
        CHECK(range_of(time_histogram::bounds[range]) == range);
        CHECK(range_of(time_histogram::bounds[range] + 1ns) == range + 1);
    }
    CHECK(range_of(0ns) == 0);
    CHECK(range_of(1ns) == 0);
    CHECK(range_of(24h) == time_histogram::bounds.size());
}

TEST_CASE("a clock that goes back counts as no time", "[loop]") {
    counted_times counted;
    counted.add(-5s);
    time_histogram times;
    counted.add_to(times);
    CHECK(times.counts[0] == 1);
    CHECK(times.sum == 0ns);
}

}  // namespace tests::loop_loop_stopwatch
