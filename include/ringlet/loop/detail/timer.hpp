#pragma once

#include <chrono>
#include <cstdint>

namespace ringlet::detail {

/// A deadline that a timer_queue can hold: a node of its heap. Lives in whoever waits, so that
/// arming allocates nothing; must be disarmed before it is destroyed.
class timer {
public:
    using time_point = std::chrono::steady_clock::time_point;

    timer() noexcept = default;
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;

    [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

    /// Called by the loop's thread when the deadline has passed and the timer is disarmed again.
    /// It may arm and disarm timers.
    virtual void expire() = 0;

protected:
    ~timer() = default;

private:
    friend class timer_queue;

    time_point deadline_;
    std::uint64_t order_ = 0;   // among equal deadlines, first armed is first
    timer* child_ = nullptr;    // the first of the nodes below
    timer* sibling_ = nullptr;  // the next node of the same parent
    timer* before_ = nullptr;   // the previous sibling, or the parent of a first child
    bool armed_ = false;
};

}  // namespace ringlet::detail
