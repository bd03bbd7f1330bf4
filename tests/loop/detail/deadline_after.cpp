#include "catch.hpp"

#include <ringlet/loop/detail/deadline_after.hpp>

#include <limits>
#include <ratio>

namespace tests::loop_deadline_after {

using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;
const clock_type::time_point start{1'000'000h};

template <class Duration>
std::string refusal_of(Duration duration) {
    try {
        static_cast<void>(ringlet::detail::deadline_after(start, duration, "timeout"));
        return {};
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("a deadline lies its duration after now, never a nanosecond earlier", "[loop]") {
    CHECK(ringlet::detail::deadline_after(start, 0s, "") == start);
    CHECK(ringlet::detail::deadline_after(start, 3ms, "") == start + 3ms);
    CHECK(ringlet::detail::deadline_after(start, seconds(0.5), "") == start + 500ms);
    using picoseconds = std::chrono::duration<long long, std::pico>;
    CHECK(ringlet::detail::deadline_after(start, picoseconds(1), "") == start + 1ns);
    CHECK(ringlet::detail::deadline_after(start, 24h * 365 * 100, "") == start + 24h * 365 * 100);
}

TEST_CASE("a duration that is negative or no number is refused, naming the caller", "[loop]") {
    const std::string negative =
        "timeout: the duration is negative or not a number; it must be 0 or more";
    CHECK(refusal_of(-1ns) == negative);
    CHECK(refusal_of(seconds(-1e-12)) == negative);
    CHECK(refusal_of(seconds(-std::numeric_limits<double>::infinity())) == negative);
    CHECK(refusal_of(seconds(std::numeric_limits<double>::quiet_NaN())) == negative);
}

TEST_CASE("a duration that is too long for the clock is refused", "[loop]") {
    const std::string too_long =
        "timeout: the duration is too long for the clock; leave the deadline out instead";
    CHECK(refusal_of(clock_type::duration::max()) == too_long);
    CHECK(refusal_of(std::chrono::hours::max()) == too_long);
    CHECK(refusal_of(seconds(1e300)) == too_long);
    CHECK(refusal_of(seconds(std::numeric_limits<double>::infinity())) == too_long);
    CHECK(refusal_of(clock_type::time_point::max() - start) == too_long);
}

}  // namespace tests::loop_deadline_after
