#pragma once

#include <liburing.h>

#include <atomic>
#include <cstring>

namespace ringlet::detail {

/// The queue of SQEs that the loop fills and the ring empties: plain memory, written inline. The
/// ring publishes the tail and advances the head in `enter`.
///
/// One thread only. Lifetime: this is a view; the memory belongs to the ring.
class submission_queue {
public:
    submission_queue() noexcept = default;

    /// Views a queue of `capacity` entries, a power of two. The consumer writes `head`, its
    /// position.
    submission_queue(io_uring_sqe* entries, unsigned capacity, unsigned* head) noexcept
        : entries_(entries), mask_(capacity - 1), head_(head), tail_(*head), full_at_(*head) {}

    /// Takes the next free SQE, zeroed, for an `io_uring_prep_*` to fill; nullptr when the queue is
    /// full.
    [[nodiscard]] io_uring_sqe* next() noexcept {
        if (!known_free())
            full_at_ = tail_ - prepared() + mask_ + 1;
        return known_free() ? &next_free() : nullptr;
    }

    /// Whether the next SQE was free when `next` looked last. Where it was not, `next` looks again.
    [[nodiscard]] bool known_free() const noexcept { return tail_ != full_at_; }

    /// Takes the next SQE, which is known to be free, as `next` does.
    [[nodiscard]] io_uring_sqe& next_free() noexcept {
        io_uring_sqe& sqe = entries_[tail_++ & mask_];
        std::memset(&sqe, 0, sizeof(sqe));
        return sqe;
    }

    /// How many SQEs are prepared and not yet consumed.
    [[nodiscard]] unsigned prepared() const noexcept {
        return tail_ - std::atomic_ref(*head_).load(std::memory_order_acquire);
    }

    /// The position after the last prepared SQE; it counts up without wrapping at the capacity.
    [[nodiscard]] unsigned tail() const noexcept { return tail_; }

private:
    io_uring_sqe* entries_ = nullptr;
    unsigned mask_ = 0;
    unsigned* head_ = nullptr;
    unsigned tail_ = 0;
    unsigned full_at_ = 0;  // a tail up to which all are free
};

}  // namespace ringlet::detail
