#pragma once

#include <chrono>

namespace ringlet {

/// The deadline of a wait for which 0 is for ever.
[[nodiscard]] inline std::chrono::steady_clock::time_point
deadline_or_never(std::chrono::steady_clock::time_point now, std::chrono::milliseconds patience) {
    return patience == patience.zero() ? std::chrono::steady_clock::time_point::max()
                                       : now + patience;
}

}  // namespace ringlet
