#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ringlet {

/// How often a time was how long: the number of times in each of some ranges, and their sum.
struct time_histogram {
    /// The longest time of each range but the last, which has no end; the shortest is that of the
    /// range before. Each is four times as long as the one before.
    static constexpr std::array<std::chrono::microseconds, 12> bounds = [] {
        std::array<std::chrono::microseconds, 12> powers{};
        for (std::size_t index = 0; index < powers.size(); ++index)
            powers[index] = std::chrono::microseconds(std::int64_t{1} << (2 * index));
        return powers;
    }();

    /// How many times fell into each range.
    std::array<std::uint64_t, bounds.size() + 1> counts{};

    /// The sum of all the times.
    std::chrono::nanoseconds sum{0};
};

/// How long the loops of a program were busy at a time, and what that meant for those that wanted
/// to go on: see measure_loops.
struct loop_times {
    /// How long the turns of the loops took, from the end of the wait in the ring to the beginning
    /// of the next one.
    time_histogram turns;

    /// How long coroutines that could go on waited until the loop resumed them. The time is counted
    /// from the beginning of the turn in which the loop learned of it, or which it was put off to.
    time_histogram waits;
};

/// Has every loop of this process measured that begins to run from now on, and every loop of the
/// processes forked from it. A measured loop looks at the clock once more for each coroutine that
/// it resumes. Any thread may call it; later calls do nothing. Throws std::system_error if memory
/// is short.
void measure_loops();

/// The times of all measured loops together, those of other processes and of loops that have ended
/// included, since measure_loops was first called; all 0 before. Any thread and each of the
/// processes may ask at any time.
[[nodiscard]] loop_times measured_loop_times() noexcept;

}  // namespace ringlet
