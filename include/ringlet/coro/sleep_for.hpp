#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/deadline_after.hpp>
#include <ringlet/loop/detail/sleep_operation.hpp>
#include <ringlet/loop/detail/yield_operation.hpp>

namespace ringlet {

/// Suspends the coroutine for `duration`. Throws std::invalid_argument for a duration that is
/// negative or too long for the clock, std::logic_error outside a loop. Awaiting it throws
/// std::system_error if the sleep is cancelled, or stores that in `error`.
template <class Rep, class Period>
[[nodiscard]] detail::sleep_operation sleep_for(std::chrono::duration<Rep, Period> duration,
                                                error_sink error = throws) {
    auto& current = detail::loop_core::require_current("sleep_for");
    return {current, detail::deadline_after(current.now(), duration, "sleep_for"), error};
}

/// Suspends the coroutine until `deadline`; if that has passed, until the next turn of the loop.
/// Throws std::logic_error outside a loop. Awaiting it throws std::system_error if the sleep is
/// cancelled, or stores that in `error`.
[[nodiscard]] inline detail::sleep_operation sleep_until(loop::clock::time_point deadline,
                                                         error_sink error = throws) {
    return {detail::loop_core::require_current("sleep_until"), deadline, error};
}

/// Lets every other coroutine that is ready go first: for coroutines that compute for long. Throws
/// std::logic_error outside a loop. Awaiting it throws std::system_error if it is cancelled.
[[nodiscard]] inline detail::yield_operation yield() {
    return detail::yield_operation(detail::loop_core::require_current("yield"));
}

}  // namespace ringlet
