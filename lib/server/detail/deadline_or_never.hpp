#pragma once

#include <ringlet/loop/loop.hpp>

#include <chrono>

namespace ringlet::detail {

/// The deadline of a wait of `patience` that begins now in the loop of this thread. A patience of 0
/// is for ever.
[[nodiscard]] inline loop::clock::time_point deadline_or_never(std::chrono::milliseconds patience) {
    return patience == patience.zero() ? loop::clock::time_point::max()
                                       : loop::require_current("serve").now() + patience;
}

}  // namespace ringlet::detail
