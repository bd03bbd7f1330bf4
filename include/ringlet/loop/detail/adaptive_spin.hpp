#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ringlet::detail {

/// Decides whether a loop's waits begin with a spin: the loop polls for completions before its
/// thread blocks. To wake a thread that sleeps costs CPU time, before and after it runs, and
/// several times the latency. So a spin pays where completions come soon, and is time lost where
/// they do not. This class measures which of the two holds: it divides the loop's waits into
/// periods, and in a trial it compares the CPU time that a completion costs in periods with and
/// without spinning, in turn. The loop does what costs less until the next trial, which is the
/// later, the more often the trials have had one outcome. At equal cost the loop spins, for the
/// latency.
///
/// One thread: the loop's.
class adaptive_spin {
public:
    /// The CPU time of the loop's thread, and the completions of the loop, since they began.
    struct usage {
        std::chrono::nanoseconds cpu_time{0};
        std::uint64_t completions = 0;
    };

    /// How many waits a period has.
    static constexpr unsigned period_waits = 32;

    /// How many periods a trial has.
    static constexpr unsigned trial_periods = 4;

    /// How many periods there are between two trials, at most.
    static constexpr unsigned rest_max = 255;

    /// Notes that the loop begins to run: usage before that does not count.
    void begin(const usage& total) noexcept { before_ = total; }

    /// Whether waits begin with a spin now.
    [[nodiscard]] bool spins() const noexcept { return spins_; }

    /// Notes that a spin has ended without a completion. If most spins do, the next trial is due.
    void failed() noexcept { ++failures_; }

    /// Notes that a wait begins. True if a period ends with it: then the caller calls `end_period`.
    [[nodiscard]] bool begin_wait() noexcept { return ++waits_ > period_waits; }

    /// Ends a period, with the usage so far.
    void end_period(const usage& total) noexcept;

private:
    bool spins_ = true;
    bool favourite_ = true;  // the outcome of the last trial
    unsigned waits_ = 0;
    unsigned failures_ = 0;
    unsigned rest_ = 0;  // periods until the next trial
    unsigned rest_length_ = 0;
    unsigned tried_ = 0;             // periods of the present trial
    std::array<double, 2> costs_{};  // of a completion in them, without and with spinning
    usage before_;
};

}  // namespace ringlet::detail
