#include "catch.hpp"

#include <ringlet/loop/detail/adaptive_spin.hpp>

#include <functional>

namespace tests::loop_adaptive_spin {

using namespace std::chrono_literals;
using ringlet::detail::adaptive_spin;

namespace {

/// Waits of a loop, each of which brings a completion and costs what is said, by whether it spins.
class waits {
public:
    struct costs {
        std::chrono::nanoseconds blocking;
        std::chrono::nanoseconds spinning;
    };

    explicit waits(costs of_each) : each(of_each) {}

    /// Waits once. True if it spun.
    bool wait(bool in_vain = false) {
        if (spin_.begin_wait())
            spin_.end_period(total_);
        const bool spins = spin_.spins();
        if (spins && in_vain)
            spin_.failed();
        total_.cpu_time += spins ? each.spinning : each.blocking;
        ++total_.completions;
        return spins;
    }

    /// How many of the next `count` waits spin.
    unsigned spins_of(unsigned count, bool in_vain = false) {
        unsigned spins = 0;
        while (count-- > 0)
            spins += wait(in_vain) ? 1 : 0;
        return spins;
    }

    costs each;

private:
    adaptive_spin spin_;
    adaptive_spin::usage total_;
};

constexpr unsigned period = adaptive_spin::period_waits;
constexpr unsigned trial = adaptive_spin::trial_periods * period;
constexpr unsigned long_time = 1'000 * trial;

}  // namespace

TEST_CASE("a loop begins with a trial, half of which spins", "[loop]") {
    waits loop({.blocking = 10us, .spinning = 5us});
    CHECK(loop.spins_of(period) == period);
    CHECK(loop.spins_of(period) == 0);
    CHECK(loop.spins_of(period) == period);
    CHECK(loop.spins_of(period) == 0);
}

TEST_CASE("where a spin costs less than to block, nearly all waits spin", "[loop]") {
    waits loop({.blocking = 20us, .spinning = 15us});
    loop.spins_of(trial);
    CHECK(loop.spins_of(period) == period);
    const unsigned spins = loop.spins_of(long_time);
    CHECK(spins > long_time - long_time / 50);
    CHECK(spins < long_time);  // it goes on trying whether that is so still
}

TEST_CASE("where a spin costs more than to block, nearly none do", "[loop]") {
    waits loop({.blocking = 20us, .spinning = 25us});
    loop.spins_of(trial);
    CHECK(loop.spins_of(period) == 0);
    const unsigned spins = loop.spins_of(long_time);
    CHECK(spins > 0);
    CHECK(spins < long_time / 50);
}

TEST_CASE("where it costs the same, it spins", "[loop]") {
    waits loop({.blocking = 20us, .spinning = 20us});
    loop.spins_of(trial);
    CHECK(loop.spins_of(period) == period);
}

TEST_CASE("what costs less may change, and is found out", "[loop]") {
    waits loop({.blocking = 20us, .spinning = 15us});
    loop.spins_of(long_time);
    loop.each = {.blocking = 20us, .spinning = 25us};
    loop.spins_of((adaptive_spin::rest_max + 1) * period + trial);
    CHECK(loop.spins_of(long_time) < long_time / 10);
    loop.each = {.blocking = 20us, .spinning = 15us};
    loop.spins_of((adaptive_spin::rest_max + 1) * period + trial);
    CHECK(loop.spins_of(long_time) > long_time - long_time / 10);
}

TEST_CASE("where most spins are in vain, the next trial does not wait", "[loop]") {
    waits loop({.blocking = 20us, .spinning = 15us});
    loop.spins_of(long_time);
    loop.each = {.blocking = 20us, .spinning = 70us};
    constexpr bool in_vain = true;
    loop.spins_of(3 * period + 2 * trial, in_vain);
    CHECK(loop.spins_of(period, in_vain) == 0);
}

TEST_CASE("the cost is that of a completion, not of a wait", "[loop]") {
    adaptive_spin spin;
    adaptive_spin::usage total;
    for (unsigned i = 0; i < 2 * trial; ++i) {
        if (spin.begin_wait())
            spin.end_period(total);
        total.cpu_time += spin.spins() ? 30us : 20us;
        total.completions += spin.spins() ? 2 : 1;
    }
    CHECK(spin.spins());
}

}  // namespace tests::loop_adaptive_spin
