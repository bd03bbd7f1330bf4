#pragma once

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/loop/detail/timer.hpp>

#include <chrono>

namespace ringlet::detail {

/// Cancels a scope once nothing has been noted for so long. To note something costs no more than to
/// write down the time.
///
/// One thread: the loop's. Lifetime: the scope outlives this object.
class idle_limit final : private timer {
public:
    /// Watches from now on; a `limit` of 0 stands for none. Throws std::invalid_argument, naming
    /// the option `name`, for a limit that is not 0 to a year, and std::logic_error outside a loop.
    idle_limit(cancel_scope& watched, std::chrono::milliseconds limit, const char* name);
    idle_limit(const idle_limit&) = delete;
    idle_limit& operator=(const idle_limit&) = delete;
    ~idle_limit();

    /// Notes that something has happened in this turn of the loop.
    void note() noexcept { noted_at_ = core_.turn_began(); }

    /// Whether this object has cancelled the scope.
    [[nodiscard]] bool passed() const noexcept { return passed_; }

private:
    void expire() override;

    loop_core& core_;
    cancel_scope& scope_;
    std::chrono::milliseconds limit_;
    time_point noted_at_;
    bool passed_ = false;
};

}  // namespace ringlet::detail
