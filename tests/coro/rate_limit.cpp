#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/token_bucket.hpp>

#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace tests::coro_rate_limit {

using ringlet::loop;
using ringlet::rate_limit;
using ringlet::task;

// So that one may be made in a co_await expression: see coro/temporaries.cpp.
static_assert(std::is_trivially_destructible_v<rate_limit>);

TEST_CASE("a rate that makes no sense is refused by name", "[coro]") {
    run_virtually([](loop&) -> task<> {
        const auto refusal = [](const rate_limit& limit) {
            try {
                const ringlet::token_bucket refused(limit);
            } catch (const std::invalid_argument& thrown) {
                return std::string(thrown.what());
            }
            return std::string("none");
        };
        const double no_number = std::numeric_limits<double>::quiet_NaN();
        CHECK(refusal({.per_second = -1}) == "rate_limit: per_second must be 0 or more");
        CHECK(refusal({.per_second = no_number}) == "rate_limit: per_second must be 0 or more");
        const std::string too_slow = "rate_limit: a burst must not take more than a year to come";
        CHECK(refusal({.per_second = 1e-9}) == too_slow);
        CHECK(refusal({.per_second = 1, .burst = std::numeric_limits<std::size_t>::max()}) ==
              too_slow);
        CHECK(refusal({.per_second = std::numeric_limits<double>::infinity()}) == "none");
        CHECK(refusal({.per_second = 1. / (24 * 3600), .burst = 365}) == "none");
        CHECK(refusal({.per_second = 0, .burst = std::numeric_limits<std::size_t>::max()}) ==
              "none");
        co_return;
    });
}

}  // namespace tests::coro_rate_limit
