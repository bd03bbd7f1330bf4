#pragma once

#include <ringlet/loop/detail/deadline_after.hpp>
#include <ringlet/loop/detail/sleep_operation.hpp>
#include <ringlet/loop/detail/yield_operation.hpp>

namespace ringlet {

/// Suspends the coroutine for `duration`. Throws std::invalid_argument for one that is negative or
/// too long for the clock, std::logic_error outside a loop; awaiting it throws std::system_error if
/// it is cancelled.
template <class Rep, class Period>
[[nodiscard]] detail::sleep_operation sleep_for(std::chrono::duration<Rep, Period> duration) {
    auto& current = detail::loop_core::require_current("sleep_for");
    return {current, detail::deadline_after(current.now(), duration, "sleep_for"), nullptr};
}

/// The same with the error of a cancelled sleep in `error`, instead of throwing it.
template <class Rep, class Period>
[[nodiscard]] detail::sleep_operation sleep_for(std::chrono::duration<Rep, Period> duration,
                                                std::error_code& error) {
    auto& current = detail::loop_core::require_current("sleep_for");
    return {current, detail::deadline_after(current.now(), duration, "sleep_for"), &error};
}

/// Suspends the coroutine until `deadline`; where that has passed, until its turn in the loop.
/// Throws std::logic_error outside a loop; awaiting it throws std::system_error if it is cancelled.
[[nodiscard]] inline detail::sleep_operation sleep_until(loop::clock::time_point deadline) {
    return {detail::loop_core::require_current("sleep_until"), deadline, nullptr};
}

/// The same with the error of a cancelled sleep in `error`, instead of throwing it.
[[nodiscard]] inline detail::sleep_operation sleep_until(loop::clock::time_point deadline,
                                                         std::error_code& error) {
    return {detail::loop_core::require_current("sleep_until"), deadline, &error};
}

/// Lets everything else that is ready go first: for handlers that compute for long. Throws
/// std::logic_error outside a loop; awaiting it throws std::system_error if it is cancelled.
[[nodiscard]] inline detail::yield_operation yield() {
    return detail::yield_operation(detail::loop_core::require_current("yield"));
}

}  // namespace ringlet
