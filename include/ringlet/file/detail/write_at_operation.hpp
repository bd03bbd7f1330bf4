#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/file/detail/file_operations.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>

#include <cstddef>

namespace ringlet::detail {

/// Writes `size` bytes to a file, from `offset` on: as many as it takes at once, or all of them.
/// Yields how many were written. pwrite(2), io_uring_prep_write(3).
class write_at_operation final : public ring_awaitable<write_at_operation, grouped_operation> {
public:
    enum class amount { some, all };

    /// Awaiting it throws std::system_error, or stores the error in `error`. The memory must last
    /// until the await is over.
    write_at_operation(loop_core& core, int fd, const void* data, std::size_t size,
                       std::uint64_t offset, amount wanted, file_operations& pending,
                       error_sink error) noexcept
        : ring_awaitable(core, fd, &pending), wanted_(wanted),
          data_(static_cast<const std::byte*>(data)), size_(size), offset_(offset), error_(error) {}

    /// Nothing to write is done at once.
    [[nodiscard]] bool await_ready() noexcept {
        return size_ == 0 && (!admit() || core_->may_complete_inline());
    }

    std::size_t await_resume() {
        end();
        if (result_ >= 0)
            written_ += static_cast<std::size_t>(result_);
        report(error_, "write");
        return written_;
    }

private:
    friend ring_awaitable;

    // One SQE carries at most this many bytes; its length and its result are 32 bits wide.
    static constexpr std::size_t chunk_max = std::size_t{1} << 30U;

    void prepare(io_uring_sqe& sqe) override {
        const std::size_t left = size_ - written_;
        const std::size_t chunk = left < chunk_max ? left : chunk_max;
        if (wanted_ == amount::all)
            enough_ = chunk == left ? static_cast<int>(chunk) : never_enough;
        io_uring_prep_write(&sqe, fd_, data_ + written_, static_cast<unsigned>(chunk),
                            offset_ + written_);
    }
    void complete(const completion& cqe) override;

    amount wanted_;
    const std::byte* data_;
    std::size_t size_;
    std::size_t written_ = 0;
    std::uint64_t offset_;
    error_sink error_;
};

}  // namespace ringlet::detail
