#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ringlet::detail {

/// Decides whether a loop's waits begin with a spin: with looking for news, before the thread
/// blocks. To wake a thread that sleeps costs CPU time, before and after it runs, and several times
/// the latency; so a spin pays where news comes soon, and where it does not, it is time lost. Which
/// of the two it is, is measured: the loop's waits are divided into periods, and in a trial the CPU
/// time that a completion costs in periods with spinning is compared with that of periods without,
/// in turn. What costs less is done until the next trial, which is the later the more often the
/// outcome has been the same. At equal cost it spins, for the latency.
class adaptive_spin {
public:
    /// What the loop's thread has used, and the loop has done, since they began.
    struct usage {
        std::chrono::nanoseconds cpu_time{0};
        std::uint64_t completions = 0;
    };

    /// How many waits are a period, how many periods a trial, and how many there are between two
    /// trials at most.
    static constexpr unsigned period_waits = 32;
    static constexpr unsigned trial_periods = 4;
    static constexpr unsigned rest_max = 255;

    /// The loop begins to run: what was used before does not count.
    void begin(const usage& total) noexcept { before_ = total; }

    /// Whether waits begin with a spin now.
    [[nodiscard]] bool spins() const noexcept { return spins_; }

    /// A spin was in vain. Where most are, times have changed, and the next trial is due.
    void failed() noexcept { ++failures_; }

    /// A wait is due. True where that is the end of a period, which `end_period` has to be told.
    [[nodiscard]] bool begin_wait() noexcept { return ++waits_ > period_waits; }
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
