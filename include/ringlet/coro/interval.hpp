#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/deadline_after.hpp>
#include <ringlet/loop/detail/sleep_operation.hpp>

#include <stdexcept>

namespace ringlet {

/// Ticks at equal distances, counted from its making, so that it does not drift however long the
/// work between two ticks takes. Ticks that were missed are left out.
///
///     for (ringlet::interval every(1s);; report())
///         co_await every.tick();
///
/// One thread: the loop's.
class interval {
public:
    /// Makes an interval that begins now, in the loop that runs in this thread. Throws
    /// std::invalid_argument for a period that is not positive or is too long for the clock,
    /// std::logic_error outside a loop.
    template <class Rep, class Period>
    explicit interval(std::chrono::duration<Rep, Period> period)
        : core_(detail::loop_core::require_current("interval")), start_(core_.now()),
          period_(detail::deadline_after(start_, period, "interval") - start_) {
        if (period_ <= period_.zero())
            throw std::invalid_argument("interval: the period must be more than 0");
    }

    /// Waits for the next tick. Awaiting it throws std::system_error if the wait is cancelled, or
    /// stores that in `error`.
    [[nodiscard]] detail::sleep_operation tick(error_sink error = throws) {
        return {core_, next(), error};
    }

private:
    // Computed from the clock alone, so that a tick whose wait was cancelled can be awaited again.
    loop::clock::time_point next() const noexcept {
        const auto passed = (core_.now() - start_) / period_;
        return start_ + (passed + 1) * period_;
    }

    detail::loop_core& core_;
    loop::clock::time_point start_;
    loop::clock::duration period_;
};

}  // namespace ringlet
