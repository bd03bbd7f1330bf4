#pragma once

#include <ringlet/loop/deadline_after.hpp>
#include <ringlet/loop/sleep_operation.hpp>

namespace ringlet {

/// Suspends the coroutine until `deadline`, or for one turn of the loop if that has passed.
/// Throws std::logic_error outside a loop; awaiting it throws std::system_error if it is cancelled.
[[nodiscard]] inline sleep_operation sleep_until(loop::clock::time_point deadline) {
    return {loop::require_current("sleep_until"), deadline, nullptr};
}

/// The same for `duration` from now. Throws std::invalid_argument for a duration that is negative
/// or too long for the clock.
template <class Rep, class Period>
[[nodiscard]] sleep_operation sleep_for(std::chrono::duration<Rep, Period> duration) {
    loop& current = loop::require_current("sleep_for");
    return {current, deadline_after(current.now(), duration, "sleep_for"), nullptr};
}

/// The forms that put the error of a cancelled sleep into `error` instead of throwing it.
[[nodiscard]] inline sleep_operation sleep_until(loop::clock::time_point deadline,
                                                 std::error_code& error) {
    return {loop::require_current("sleep_until"), deadline, &error};
}

template <class Rep, class Period>
[[nodiscard]] sleep_operation sleep_for(std::chrono::duration<Rep, Period> duration,
                                        std::error_code& error) {
    loop& current = loop::require_current("sleep_for");
    return {current, deadline_after(current.now(), duration, "sleep_for"), &error};
}

}  // namespace ringlet
