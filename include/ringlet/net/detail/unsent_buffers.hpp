#pragma once

#include <ringlet/net/const_buffer.hpp>

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <span>

namespace ringlet::detail {

/// What is left to be sent of a sequence of buffers. Lifetime: the sequence and its memory outlive
/// it.
class unsent_buffers {
public:
    explicit unsent_buffers(std::span<const const_buffer> all) noexcept : left_(all) { consume(0); }

    /// Whether no byte is left.
    [[nodiscard]] bool empty() const noexcept { return left_.empty(); }

    /// The buffers that are left; of the first, a part may have gone.
    [[nodiscard]] std::span<const const_buffer> buffers() const noexcept { return left_; }

    /// Puts the first of the bytes that are left into `batch`, as many as it has room for. Returns
    /// how many buffers they are; not for an empty sequence.
    std::size_t copy_front(std::span<iovec> batch) const noexcept {
        const std::size_t count = std::min(left_.size(), batch.size());
        std::copy_n(reinterpret_cast<const iovec*>(left_.data()), count, batch.begin());
        batch[0].iov_base = static_cast<std::byte*>(batch[0].iov_base) + offset_;
        batch[0].iov_len -= offset_;
        return count;
    }

    /// Takes the first `bytes` bytes, which have gone, and the empty buffers behind them: so there
    /// is always a byte to send at the front.
    void consume(std::size_t bytes) noexcept {
        offset_ += bytes;
        while (!left_.empty() && offset_ >= left_.front().size()) {
            offset_ -= left_.front().size();
            left_ = left_.subspan(1);
        }
    }

private:
    std::span<const const_buffer> left_;
    std::size_t offset_ = 0;  // into the first of them
};

}  // namespace ringlet::detail
