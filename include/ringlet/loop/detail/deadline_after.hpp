#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

namespace ringlet::detail {

/// The point in time `duration` after `now`. Throws std::invalid_argument, naming `caller`, for a
/// duration that is negative, not a number, or too long for the clock (292 years).
template <class Rep, class Period>
[[nodiscard]] std::chrono::steady_clock::time_point
deadline_after(std::chrono::steady_clock::time_point now,
               std::chrono::duration<Rep, Period> duration, const char* caller) {
    using nanoseconds = std::chrono::nanoseconds;
    const auto refuse = [caller](const char* why) {
        throw std::invalid_argument(std::string(caller) + ": the duration is " + why);
    };
    if (!(duration >= duration.zero()))
        refuse("negative or not a number; it must be 0 or more");
    // Compared in floating point, where nothing overflows. 2^52 ns is the room left for rounding.
    const std::chrono::duration<long double, std::nano> exact(duration);
    const auto room = std::chrono::steady_clock::time_point::max() - now - nanoseconds(1LL << 52);
    if (exact.count() > static_cast<long double>(room.count()))
        refuse("too long for the clock; leave the deadline out instead");
    return now + std::chrono::ceil<nanoseconds>(duration);
}

}  // namespace ringlet::detail
