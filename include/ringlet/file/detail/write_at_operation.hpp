#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/file/detail/file_operations.hpp>
#include <ringlet/loop/detail/outgoing_bytes.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>

#include <cstddef>

namespace ringlet::detail {

/// Writes `size` bytes to a file, from `offset` on: as many as the file takes at once, or all of
/// them. Yields how many it has written. pwrite(2), io_uring_prep_write(3).
class write_at_operation final : public ring_awaitable<write_at_operation, grouped_operation> {
public:
    using extent = outgoing_bytes::extent;

    /// Awaiting it throws std::system_error, or stores the error in `error`. The memory must last
    /// until the await is over.
    write_at_operation(loop_core& core, int fd, const void* data, std::size_t size,
                       std::uint64_t offset, extent wanted, file_operations& pending,
                       error_sink error) noexcept
        : ring_awaitable(core, fd, &pending), bytes_(data, size, wanted), offset_(offset),
          error_(error) {}

    /// Ends at once if there are no bytes to write.
    [[nodiscard]] bool await_ready() noexcept {
        return bytes_.empty() && (static_cast<void>(admit()), core_->may_complete_inline());
    }

    std::size_t await_resume() {
        end();
        if (result_ >= 0)
            bytes_.note_gone(static_cast<std::size_t>(result_));
        report(error_, "write");
        return bytes_.gone();
    }

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override {
        const std::size_t chunk = bytes_.chunk();
        if (bytes_.all_wanted())
            enough_ = bytes_.enough(chunk);
        io_uring_prep_write(&sqe, fd_, bytes_.next(), static_cast<unsigned>(chunk),
                            offset_ + bytes_.gone());
    }
    void complete(const completion& cqe) override;

    outgoing_bytes bytes_;
    std::uint64_t offset_;
    error_sink error_;
};

}  // namespace ringlet::detail
