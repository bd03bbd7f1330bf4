#include "catch.hpp"

#include <ringlet/loop/adaptive_spin.hpp>

namespace {

/// How many waits go by before the next spin, which is due then.
unsigned waits_before(ringlet::adaptive_spin& spin) {
    unsigned waits = 0;
    while (!spin.due())
        ++waits;
    return waits;
}

}  // namespace

TEST_CASE("the first wait spins, and so does each after spins that were not in vain", "[loop]") {
    ringlet::adaptive_spin spin;
    for (int i = 0; i < 5; ++i) {
        CHECK(spin.due());
        spin.succeeded();
    }
}

TEST_CASE("each spin in vain doubles the waits until the next, up to a limit", "[loop]") {
    ringlet::adaptive_spin spin;
    for (const unsigned expected : {0U, 1U, 3U, 7U, 15U, 31U, 63U, 127U, 255U, 511U, 1023U, 1023U}) {
        CHECK(waits_before(spin) == expected);
        spin.failed();
    }
    CHECK(waits_before(spin) == ringlet::adaptive_spin::pause_max);
}

TEST_CASE("one successful spin is followed by another, and by less waiting after those in vain",
          "[loop]") {
    ringlet::adaptive_spin spin;
    for (int i = 0; i < 4; ++i) {
        waits_before(spin);
        spin.failed();
    }
    CHECK(waits_before(spin) == 15);
    spin.succeeded();
    CHECK(waits_before(spin) == 0);
    spin.succeeded();
    CHECK(waits_before(spin) == 0);
    spin.failed();
    CHECK(waits_before(spin) == 7);  // 15, 7, 3, and then doubled
}

TEST_CASE("news that is late as often as not does not end the spinning for good", "[loop]") {
    ringlet::adaptive_spin spin;
    for (int i = 0; i < 100; ++i) {
        CHECK(waits_before(spin) <= 1);
        spin.failed();
        CHECK(waits_before(spin) <= 1);
        spin.succeeded();
    }
}
