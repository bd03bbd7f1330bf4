#include "catch.hpp"

#include <ringlet/base/log_throttle.hpp>

#include <stdexcept>
#include <type_traits>

namespace tests::base_log_throttle_options {

using namespace std::chrono_literals;

static_assert(std::is_trivially_destructible_v<ringlet::log_throttle_options>);

TEST_CASE("options of a throttle that are out of range are refused", "[base]") {
    const auto make = [](const ringlet::log_throttle_options& options) {
        const ringlet::log_throttle made(ringlet::log_level::info, "an event", options);
    };
    CHECK_NOTHROW(make({.burst = 1, .interval = 1ms}));
    CHECK_NOTHROW(make({.burst = 1'000'000, .interval = 1h}));
    CHECK_THROWS_WITH(make({.burst = 0}), "log_throttle_options: burst must be 1 to 1000000");
    CHECK_THROWS_AS(make({.burst = 1'000'001}), std::invalid_argument);
    CHECK_THROWS_WITH(make({.interval = 0ms}),
                      "log_throttle_options: interval must be 1 ms to an hour");
    CHECK_THROWS_AS(make({.interval = -1ms}), std::invalid_argument);
    CHECK_THROWS_AS(make({.interval = 1h + 1ms}), std::invalid_argument);
}

}  // namespace tests::base_log_throttle_options
