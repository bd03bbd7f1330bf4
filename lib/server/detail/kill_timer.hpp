#pragma once

#include <ringlet/loop/detail/loop_core.hpp>

#include <functional>

namespace ringlet::detail {

/// Kills the children that have not ended by themselves in time.
///
/// One thread: that of the loop `owner`.
class kill_timer final : private timer {
public:
    /// A timer that calls `kill()` when it expires.
    kill_timer(loop& owner, std::function<void()> kill) : owner_(owner), kill_(std::move(kill)) {}
    ~kill_timer() { owner_.core().timers().disarm(*this); }

    /// Starts the timer, which expires after `delay`. Later calls do nothing.
    void start(loop::clock::duration delay) {
        if (!std::exchange(started_, true))
            owner_.core().timers().arm(*this, owner_.now() + delay);
    }

private:
    void expire() override { kill_(); }

    loop& owner_;
    std::function<void()> kill_;
    bool started_ = false;
};

}  // namespace ringlet::detail
