#pragma once

#include <ringlet/loop/detail/ring_awaitable.hpp>

namespace ringlet::detail {

/// Closes a descriptor on which no operation is pending, in the batch of the next `enter`. It is
/// closed even if an error is reported. close(2), io_uring_prep_close(3).
class close_operation final : public ring_awaitable<close_operation> {
public:
    close_operation(loop_core& core, int fd) noexcept : ring_awaitable(core), fd_(fd) {}

    /// Begins in a cancelled scope too, and cannot be cancelled: a descriptor must not stay open
    /// because its owner is cancelled.
    void await_suspend(suspension waiter) {
        static_cast<void>(admit());
        prepare(core_->begin(*this));
        suspend(waiter);
    }
    void cancel() override {}

    /// The error of close(2), if there was one.
    [[nodiscard]] std::error_code await_resume() const noexcept { return error(); }

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override { io_uring_prep_close(&sqe, fd_); }

    int fd_;
};

}  // namespace ringlet::detail
