#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/file/detail/file_operations.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>

#include <cstddef>

namespace ringlet::detail {

/// Reads up to `size` bytes of a file, from `offset` on. Yields how many it has read; 0 is the end
/// of the file. The kernel reads bytes that are in its page cache within the next `enter`; for all
/// others it waits in a thread of its own. pread(2), io_uring_prep_read(3).
class read_at_operation final : public ring_awaitable<read_at_operation, grouped_operation> {
public:
    /// Awaiting it throws std::system_error, or stores the error in `error`. The memory must last
    /// until the await is over.
    read_at_operation(loop_core& core, int fd, void* data, std::size_t size, std::uint64_t offset,
                      file_operations& pending, error_sink error) noexcept
        : ring_awaitable(core, fd, &pending), data_(data),
          size_(static_cast<unsigned>(size < size_max ? size : size_max)), offset_(offset),
          error_(error) {}

    std::size_t await_resume() {
        end();
        report(error_, "read");
        return result_ < 0 ? 0 : static_cast<std::size_t>(result_);
    }

private:
    friend ring_awaitable;

    static constexpr std::size_t size_max = std::size_t{1} << 30U;  // an SQE's length has 32 bits

    void prepare(io_uring_sqe& sqe) override {
        io_uring_prep_read(&sqe, fd_, data_, size_, offset_);
    }

    void* data_;
    unsigned size_;
    std::uint64_t offset_;
    error_sink error_;
};

}  // namespace ringlet::detail
