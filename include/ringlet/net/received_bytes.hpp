#pragma once

#include <ringlet/loop/detail/receive_buffers.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace ringlet {

/// Bytes that have been received, in a buffer that the loop lends: a contiguous range, to be
/// changed freely. Destroying it gives the buffer back, for whoever receives next. Contextually
/// true if there are any; none means the end of the stream.
///
/// It belongs to the loop's thread, and must end before the loop. Moved from, it has none. Held for
/// long it keeps a buffer from others, of which there are loop_options::receive_buffers_max; so
/// copy what is to be kept.
class received_bytes {
public:
    /// No bytes.
    received_bytes() noexcept = default;

    /// `size` bytes in `buffer`, which was taken from `lender`; nullptr for none.
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

    [[nodiscard]] std::byte* data() const noexcept { return buffer_.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::byte* begin() const noexcept { return data(); }
    [[nodiscard]] std::byte* end() const noexcept { return data() + size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

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
