#pragma once

#include <ringlet/ring/ring.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

/// A ring that no kernel knows of: it carries out NOP and ASYNC_CANCEL, never ends a READ that is
/// not cancelled (the loop has one in flight to be woken by), and has time of its own. Waiting
/// takes none of the real one: it moves the virtual time to the deadline. All other SQEs
/// are given to `answer`, whose result is how they end, or `pending`.
///
/// Where it is to be `observable`, a loop can wait by looking: each look at the clock takes 1 us of
/// CPU time, and each wait in the ring 30 us.
class virtual_time_ring : public ringlet::ring {
public:
    using answer_function = std::function<int(const io_uring_sqe&)>;

    /// The answer to an SQE that does not end until it is cancelled, or `end_after` has it end.
    static constexpr int pending = std::numeric_limits<int>::min();

    explicit virtual_time_ring(
        answer_function answer = [](const io_uring_sqe&) { return -EINVAL; },
        bool observable = false)
        : answer_(std::move(answer)) {
        submissions_ = ringlet::detail::submission_queue(sqes_.data(), capacity, &sq_head_);
        completions_ = ringlet::detail::completion_queue(
            reinterpret_cast<io_uring_cqe*>(cqes_.data()), capacity, &cq_head_, &cq_tail_,
            observable ? &flags_ : nullptr);
    }

    /// Throws std::logic_error for a wait that nothing would ever end.
    void enter(unsigned submit, unsigned wait_for, clock::time_point deadline) override {
        for (; submit > 0; --submit)
            carry_out(sqes_[sq_head_++ % capacity]);
        end_what_is_due();
        publish();
        if (completions_.ready() >= wait_for)
            return;
        ++waits_;
        cpu_time_ += std::chrono::microseconds(30);
        if (!due_.empty())
            deadline = std::min(deadline, due_.begin()->first);
        if (deadline == no_deadline)
            throw std::logic_error("virtual_time_ring: this wait would never end");
        now_ = std::max(now_, deadline);
        end_what_is_due();
        publish();
    }

    /// Ends a pending SQE later, unless it has been cancelled by then.
    void end_after(clock::duration delay, std::uint64_t user_data, int result) {
        due_.emplace(now_ + delay, ringlet::detail::completion{user_data, result, 0});
    }

    [[nodiscard]] bool supports(unsigned opcode) const noexcept override {
        return opcode == IORING_OP_NOP || opcode == IORING_OP_READ ||
               opcode == IORING_OP_ASYNC_CANCEL;
    }
    [[nodiscard]] std::string_view name() const noexcept override { return "virtual time"; }
    [[nodiscard]] clock::time_point now() const noexcept override {
        if (completions_.observable()) {
            now_ += std::chrono::microseconds(1);
            cpu_time_ += std::chrono::microseconds(1);
            if (!due_.empty() && due_.begin()->first <= now_)
                flags_ = IORING_SQ_TASKRUN;
        }
        return now_;
    }

    [[nodiscard]] std::chrono::nanoseconds cpu_time() const noexcept override { return cpu_time_; }

    /// The virtual time that has passed since the ring was made.
    [[nodiscard]] std::chrono::milliseconds elapsed() const noexcept {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch());
    }

    /// The number of times that `enter` had to wait.
    [[nodiscard]] unsigned waits() const noexcept { return waits_; }

private:
    static constexpr unsigned capacity = 8;

    // An io_uring_cqe without the flexible array that ISO C++ forbids an array of.
    struct alignas(io_uring_cqe) cqe_memory {
        std::array<std::byte, sizeof(io_uring_cqe)> bytes;
    };

    void carry_out(const io_uring_sqe& sqe) {
        switch (sqe.opcode) {
        case IORING_OP_NOP:
            return complete(sqe.user_data, 0);
        case IORING_OP_READ:
            return pending_.push_back(sqe.user_data);
        case IORING_OP_ASYNC_CANCEL:
            return complete(sqe.user_data, cancel(sqe));
        default:
            const int result = answer_(sqe);
            return result == pending ? pending_.push_back(sqe.user_data)
                                     : complete(sqe.user_data, result);
        }
    }

    void end_what_is_due() {
        flags_ = 0;
        for (; !due_.empty() && due_.begin()->first <= now_; due_.erase(due_.begin())) {
            const ringlet::detail::completion& end = due_.begin()->second;
            if (std::erase(pending_, end.user_data) > 0)
                complete(end.user_data, end.result);
        }
    }

    int cancel(const io_uring_sqe& sqe) {
        const bool any = (sqe.cancel_flags & IORING_ASYNC_CANCEL_ANY) != 0;
        const auto kept =
            std::stable_partition(pending_.begin(), pending_.end(),
                                  [&](std::uint64_t target) { return !any && target != sqe.addr; });
        const auto count = static_cast<int>(pending_.end() - kept);
        std::for_each(kept, pending_.end(), [this](std::uint64_t target) {
            complete(target, -ECANCELED);
            std::erase_if(due_, [&](const auto& due) { return due.second.user_data == target; });
        });
        pending_.erase(kept, pending_.end());
        return count > 0 || any ? count : -ENOENT;
    }

    void complete(std::uint64_t user_data, int result) { ended_.push_back({user_data, result, 0}); }

    void publish() {
        for (; !ended_.empty() && completions_.ready() < capacity; ended_.pop_front()) {
            auto& cqe = reinterpret_cast<io_uring_cqe&>(cqes_[cq_tail_ % capacity]);
            cqe.user_data = ended_.front().user_data;
            cqe.res = ended_.front().result;
            cqe.flags = ended_.front().flags;
            ++cq_tail_;
        }
    }

    answer_function answer_;
    std::array<io_uring_sqe, capacity> sqes_{};
    std::array<cqe_memory, capacity> cqes_{};
    unsigned sq_head_ = 0;
    unsigned cq_head_ = 0;
    unsigned cq_tail_ = 0;
    std::vector<std::uint64_t> pending_;
    std::multimap<clock::time_point, ringlet::detail::completion> due_;
    std::deque<ringlet::detail::completion>
        ended_;  // those the completion queue has no room for yet
    mutable clock::time_point now_{};
    mutable std::chrono::nanoseconds cpu_time_{0};
    mutable unsigned flags_ = 0;
    unsigned waits_ = 0;
};
