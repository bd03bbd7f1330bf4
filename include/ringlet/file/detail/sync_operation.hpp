#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/file/detail/file_operations.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>

namespace ringlet::detail {

/// Waits until all that was written to a file is on its disk. fsync(2), io_uring_prep_fsync(3).
class sync_operation final : public ring_awaitable<sync_operation, grouped_operation> {
public:
    /// Awaiting it throws std::system_error, or stores the error in `error`.
    sync_operation(loop_core& core, int fd, file_operations& pending, error_sink error) noexcept
        : ring_awaitable(core, fd, &pending), error_(error) {}

    void await_resume() {
        end();
        report(error_, "fsync");
    }

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override { io_uring_prep_fsync(&sqe, fd_, 0); }

    error_sink error_;
};

}  // namespace ringlet::detail
