#pragma once

#include <ringlet/loop/loop.hpp>

#include <chrono>

namespace ringlet::detail {

/// The deadline of a wait of `timeout` that begins now in the loop of this thread. A timeout of 0
/// is for ever.
[[nodiscard]] inline loop::clock::time_point deadline_or_never(std::chrono::milliseconds timeout) {
    return timeout == timeout.zero() ? loop::clock::time_point::max()
                                     : loop::require_current("serve").now() + timeout;
}

}  // namespace ringlet::detail
