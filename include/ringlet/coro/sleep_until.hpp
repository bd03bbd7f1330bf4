#pragma once

#include <ringlet/loop/sleep_operation.hpp>

namespace ringlet {

/// Suspends the coroutine until `deadline`; where that has passed, until its turn in the loop.
/// Throws std::logic_error outside a loop; awaiting it throws std::system_error if it is cancelled.
[[nodiscard]] inline sleep_operation sleep_until(loop::clock::time_point deadline) {
    return {loop::require_current("sleep_until"), deadline, nullptr};
}

/// The same with the error of a cancelled sleep in `error`, instead of throwing it.
[[nodiscard]] inline sleep_operation sleep_until(loop::clock::time_point deadline,
                                                 std::error_code& error) {
    return {loop::require_current("sleep_until"), deadline, &error};
}

}  // namespace ringlet
