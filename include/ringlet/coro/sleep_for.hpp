#pragma once

#include <ringlet/loop/deadline_after.hpp>
#include <ringlet/loop/sleep_operation.hpp>

namespace ringlet {

/// Suspends the coroutine for `duration`. Throws std::invalid_argument for one that is negative or
/// too long for the clock, std::logic_error outside a loop; awaiting it throws std::system_error if
/// it is cancelled.
template <class Rep, class Period>
[[nodiscard]] sleep_operation sleep_for(std::chrono::duration<Rep, Period> duration) {
    loop& current = loop::require_current("sleep_for");
    return {current, deadline_after(current.now(), duration, "sleep_for"), nullptr};
}

/// The same with the error of a cancelled sleep in `error`, instead of throwing it.
template <class Rep, class Period>
[[nodiscard]] sleep_operation sleep_for(std::chrono::duration<Rep, Period> duration,
                                        std::error_code& error) {
    loop& current = loop::require_current("sleep_for");
    return {current, deadline_after(current.now(), duration, "sleep_for"), &error};
}

}  // namespace ringlet
