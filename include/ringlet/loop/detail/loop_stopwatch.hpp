#pragma once

#include <ringlet/loop/loop_times.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ringlet::detail {

/// A time_histogram into which several threads and processes may count.
class counted_times {
public:
    /// Counts one time; one that is negative counts as none.
    void add(std::chrono::nanoseconds time) noexcept {
        const auto spent = static_cast<std::uint64_t>(std::max(time, time.zero()).count());
        counts_[range_of(spent)].fetch_add(1, std::memory_order_relaxed);
        sum_.fetch_add(spent, std::memory_order_relaxed);
    }

    /// Adds what has been counted to `sums`.
    void add_to(time_histogram& sums) const noexcept {
        for (std::size_t range = 0; range < counts_.size(); ++range)
            sums.counts[range] += counts_[range].load(std::memory_order_relaxed);
        sums.sum += std::chrono::nanoseconds(sum_.load(std::memory_order_relaxed));
    }

private:
    // time_histogram::bounds are the powers of 4.
    static std::size_t range_of(std::uint64_t nanoseconds) noexcept {
        const auto bits = static_cast<std::size_t>(
            std::bit_width(nanoseconds == 0 ? 0 : (nanoseconds - 1) / 1000));
        return std::min((bits + 1) / 2, time_histogram::bounds.size());
    }

    std::array<std::atomic<std::uint64_t>, time_histogram::bounds.size() + 1> counts_{};
    std::atomic<std::uint64_t> sum_{0};
};

/// What one loop measures of itself, on cache lines of its own. A few loops may share one.
struct loop_stopwatch {
    alignas(64) counted_times turns;
    counted_times waits;

    /// One for a loop that begins to run, or nullptr while loops are not measured: see
    /// measure_loops. Lifetime: the process's.
    [[nodiscard]] static loop_stopwatch* take() noexcept;
};

}  // namespace ringlet::detail
