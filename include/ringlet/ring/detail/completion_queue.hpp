#pragma once

#include <ringlet/ring/detail/completion.hpp>

#include <liburing.h>

#include <atomic>

namespace ringlet::detail {

/// The queue of CQEs that the ring fills and the loop empties: plain memory, read inline.
///
/// One thread only. Lifetime: this is a view; the memory belongs to the ring.
class completion_queue {
public:
    completion_queue() noexcept = default;

    /// Views a queue of `capacity` entries, a power of two. The producer writes `tail`, its
    /// position, and `flags`: IORING_SQ_TASKRUN and IORING_SQ_CQ_OVERFLOW in them say that `enter`
    /// has completions to collect, and the ring's clock goes on while the loop spins on them. A
    /// nullptr for `flags` means that only `enter` itself finds out.
    completion_queue(io_uring_cqe* entries, unsigned capacity, unsigned* head, unsigned* tail,
                     unsigned* flags = nullptr) noexcept
        : entries_(entries), mask_(capacity - 1), head_(head), tail_(tail), flags_(flags) {}

    /// How many CQEs can be popped.
    [[nodiscard]] unsigned ready() const noexcept {
        return std::atomic_ref(*tail_).load(std::memory_order_acquire) - *head_;
    }

    /// Whether plain memory tells that there are completions to collect, so that the loop can wait
    /// for them by reading it.
    [[nodiscard]] bool observable() const noexcept { return flags_ != nullptr; }

    /// Whether `enter` may have completions to collect, which `ready` does not count yet.
    [[nodiscard]] bool uncollected() const noexcept {
        return flags_ == nullptr || (std::atomic_ref(*flags_).load(std::memory_order_relaxed) &
                                     (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
    }

    /// Removes the oldest CQE, of which there must be one, and gives a copy: the producer may write
    /// its slot again at once.
    completion pop() noexcept {
        const unsigned head = *head_;
        const io_uring_cqe& cqe = entries_[head & mask_];
        const completion popped{cqe.user_data, cqe.res, cqe.flags};
        std::atomic_ref(*head_).store(head + 1, std::memory_order_release);
        return popped;
    }

private:
    io_uring_cqe* entries_ = nullptr;
    unsigned mask_ = 0;
    unsigned* head_ = nullptr;
    unsigned* tail_ = nullptr;
    unsigned* flags_ = nullptr;
};

}  // namespace ringlet::detail
