#pragma once

#include <ringlet/ring/detail/completion.hpp>

#include <liburing.h>

#include <atomic>

namespace ringlet::detail {

/// The queue of CQEs on its way back: plain memory that the loop reads inline.
///
/// One thread only. Lifetime: a view; the memory belongs to the ring.
class completion_queue {
public:
    completion_queue() noexcept = default;

    /// `capacity` is a power of two. `tail` is the producer's position, written by the producer, as
    /// are `flags`: IORING_SQ_TASKRUN and IORING_SQ_CQ_OVERFLOW say that `enter` has completions to
    /// collect, and the ring's clock goes on while somebody looks. nullptr: only `enter` itself
    /// finds out.
    completion_queue(io_uring_cqe* entries, unsigned capacity, unsigned* head, unsigned* tail,
                     unsigned* flags = nullptr) noexcept
        : entries_(entries), mask_(capacity - 1), head_(head), tail_(tail), flags_(flags) {}

    /// How many CQEs can be popped.
    [[nodiscard]] unsigned ready() const noexcept {
        return std::atomic_ref(*tail_).load(std::memory_order_acquire) - *head_;
    }

    /// Whether plain memory tells of what is to be collected, so that one can wait by looking.
    [[nodiscard]] bool observable() const noexcept { return flags_ != nullptr; }

    /// Whether `enter` may have completions to collect, which are not `ready` before.
    [[nodiscard]] bool uncollected() const noexcept {
        return flags_ == nullptr || (std::atomic_ref(*flags_).load(std::memory_order_relaxed) &
                                     (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
    }

    /// Takes the oldest CQE; there must be one. A copy, since the slot may be written again at
    /// once.
    completion pop() noexcept {
        const unsigned head = *head_;
        const io_uring_cqe& cqe = entries_[head & mask_];
        const completion taken{cqe.user_data, cqe.res, cqe.flags};
        std::atomic_ref(*head_).store(head + 1, std::memory_order_release);
        return taken;
    }

private:
    io_uring_cqe* entries_ = nullptr;
    unsigned mask_ = 0;
    unsigned* head_ = nullptr;
    unsigned* tail_ = nullptr;
    unsigned* flags_ = nullptr;
};

}  // namespace ringlet::detail
