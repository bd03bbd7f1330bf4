#pragma once

#include <ringlet/loop/detail/receive_buffers.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace ringlet {

/// Bytes that have been received, in a buffer that the loop lends: a contiguous range, which the
/// caller may change. This object gives the buffer back when it is destroyed, for the next receive.
/// It converts to true if there are bytes; no bytes are the end of the stream.
///
/// There are loop_options::receive_buffers_max buffers, so that an object that is held for long
/// keeps a buffer from other receives: copy the bytes that are to be kept. An object that has been
/// moved from has no bytes.
///
/// One thread: the loop's. Lifetime: it ends before the loop.
class received_bytes {
public:
    /// No bytes.
    received_bytes() noexcept = default;

    /// `size` bytes in `buffer`, which was taken from `lender`. A `buffer` of nullptr has no bytes.
    received_bytes(detail::receive_buffers& lender, std::byte* buffer, std::size_t size) noexcept
        : buffer_(buffer, give_back{&lender}), size_(buffer == nullptr ? 0 : size) {}

    received_bytes(received_bytes&& other) noexcept
        : buffer_(std::move(other.buffer_)), size_(std::exchange(other.size_, 0)) {}
    received_bytes& operator=(received_bytes&& other) noexcept {
        buffer_ = std::move(other.buffer_);
        size_ = std::exchange(other.size_, 0);
        return *this;
    }
    ~received_bytes() = default;

    /// Where the bytes begin. Lifetime: this object's.
    [[nodiscard]] std::byte* data() const noexcept { return buffer_.get(); }

    /// How many bytes there are.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// How many bytes the buffer holds: where there are so many, more may have come. 0 without a
    /// buffer.
    [[nodiscard]] std::size_t capacity() const noexcept {
        return buffer_ == nullptr ? 0 : buffer_.get_deleter().lender->size();
    }

    [[nodiscard]] std::byte* begin() const noexcept { return data(); }
    [[nodiscard]] std::byte* end() const noexcept { return data() + size_; }

    /// Whether there are no bytes: the end of the stream.
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// Whether there are bytes.
    explicit operator bool() const noexcept { return !empty(); }

private:
    struct give_back {
        detail::receive_buffers* lender;
        void operator()(std::byte* buffer) const noexcept { lender->give_back(buffer); }
    };

    std::unique_ptr<std::byte, give_back> buffer_;
    std::size_t size_ = 0;
};

}  // namespace ringlet
