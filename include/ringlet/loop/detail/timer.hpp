#pragma once

#include <chrono>
#include <cstdint>

namespace ringlet::detail {

/// A deadline that a timer_queue can hold: a node of its heap. It lives in the object that waits,
/// so that arming allocates nothing. It must be disarmed before it is destroyed.
///
/// One thread: the loop's.
class timer {
public:
    using time_point = std::chrono::steady_clock::time_point;

    timer() noexcept = default;
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;

    /// The deadline for which the timer was armed last.
    [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

    /// Acts on the deadline. The loop calls it in its thread when the deadline has passed and the
    /// timer is disarmed again. It may arm and disarm timers.
    virtual void expire() = 0;

protected:
    ~timer() = default;

private:
    friend class timer_queue;

    time_point deadline_;
    std::uint64_t order_ = 0;   // of timers with equal deadlines, the one armed first expires first
    timer* child_ = nullptr;    // the first of the nodes below
    timer* sibling_ = nullptr;  // the next node of the same parent
    timer* before_ = nullptr;   // the previous sibling, or the parent of a first child
    bool armed_ = false;
};

}  // namespace ringlet::detail
