#pragma once

#include <ringlet/loop/detail/loop_core.hpp>

#include <functional>

namespace ringlet::detail {

/// Kills the children that have not ended by themselves in time.
///
/// One thread: the loop's.
class kill_timer final : private timer {
public:
    kill_timer(loop& owner, std::function<void()> kill) : owner_(owner), kill_(std::move(kill)) {}
    ~kill_timer() { owner_.core().timers().disarm(*this); }

    /// They have until `patience` has passed, from the first call on.
    void start(loop::clock::duration patience) {
        if (!std::exchange(started_, true))
            owner_.core().timers().arm(*this, owner_.now() + patience);
    }

private:
    void expire() override { kill_(); }

    loop& owner_;
    std::function<void()> kill_;
    bool started_ = false;
};

}  // namespace ringlet::detail
