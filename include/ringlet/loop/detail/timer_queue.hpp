#pragma once

#include <ringlet/loop/detail/timer.hpp>

namespace ringlet::detail {

/// The armed timers of a loop, nearest deadline first: an intrusive pairing heap. Arming costs
/// O(1), disarming and expiring O(log n) amortised; nothing allocates.
class timer_queue {
public:
    using time_point = timer::time_point;

    /// Arms `added`, which must not be armed already, to expire at `deadline`.
    void arm(timer& added, time_point deadline) noexcept;

    /// Disarms `removed`. False if it was not armed.
    bool disarm(timer& removed) noexcept;

    /// Whether no timer is armed.
    [[nodiscard]] bool empty() const noexcept { return root_ == nullptr; }

    /// The nearest deadline, or time_point::max() if no timer is armed.
    [[nodiscard]] time_point next_deadline() const noexcept {
        return root_ == nullptr ? time_point::max() : root_->deadline_;
    }

    /// Expires every timer whose deadline is not after `now`, in the order of their deadlines.
    void expire_until(time_point now);

private:
    static timer* meld(timer* earlier, timer* later) noexcept;
    static timer* meld_siblings(timer* first) noexcept;

    timer* root_ = nullptr;
    std::uint64_t armed_count_ = 0;
};

}  // namespace ringlet::detail
