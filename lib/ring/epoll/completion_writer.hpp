#pragma once

#include <ringlet/ring/detail/completion.hpp>
#include <ringlet/ring/detail/completion_queue.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace ringlet::detail::epoll {

/// The producing end of a completion queue, with the memory that both ends use. It keeps the CQEs
/// for which the queue has no room until there is room.
class completion_writer {
public:
    /// Makes a queue with room for `capacity` CQEs, a power of two. Throws std::bad_alloc.
    explicit completion_writer(unsigned capacity) : slots_(capacity) {}

    /// The consuming end.
    [[nodiscard]] completion_queue reader() noexcept {
        return {reinterpret_cast<io_uring_cqe*>(slots_.data()), capacity(), &head_, &tail_};
    }

    void post(const completion& cqe) {
        if (full()) [[unlikely]]
            overflow_.push_back(cqe);
        else
            write(cqe);
    }

    [[nodiscard]] bool full() const noexcept {
        return tail_ - head_ == capacity() || overflowing();
    }
    [[nodiscard]] bool overflowing() const noexcept { return !overflow_.empty(); }

    /// Counts up with each CQE that the queue has got.
    [[nodiscard]] unsigned written() const noexcept { return tail_; }

    /// Moves what was kept to the queue, as far as there is room.
    void catch_up() {
        for (; !overflow_.empty() && tail_ - head_ < capacity(); overflow_.pop_front())
            write(overflow_.front());
    }

private:
    // An io_uring_cqe without its flexible array, which ISO C++ forbids an array of.
    struct alignas(io_uring_cqe) slot {
        std::uint64_t user_data;
        std::int32_t result;
        std::uint32_t flags;
    };
    static_assert(sizeof(slot) == sizeof(io_uring_cqe));

    [[nodiscard]] unsigned capacity() const noexcept {
        return static_cast<unsigned>(slots_.size());
    }
    void write(const completion& cqe) noexcept {
        slots_[tail_++ & (capacity() - 1)] = {cqe.user_data, cqe.result, cqe.flags};
    }

    std::vector<slot> slots_;
    std::deque<completion> overflow_;
    unsigned head_ = 0;
    unsigned tail_ = 0;
};

}  // namespace ringlet::detail::epoll
