#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

namespace ringlet::detail {

/// The longest time that an option may ask for: far from where sums of durations overflow.
constexpr std::chrono::milliseconds timeout_max = std::chrono::hours(24 * 365);

/// Throws std::invalid_argument, naming `option`, for a timeout that is not 0 to a year.
inline void require_valid_timeout(std::chrono::milliseconds timeout, const std::string& option) {
    if (timeout < timeout.zero() || timeout > timeout_max)
        throw std::invalid_argument(option + " must be 0 to a year");
}

}  // namespace ringlet::detail
