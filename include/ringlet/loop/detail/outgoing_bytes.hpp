#pragma once

#include <climits>
#include <cstddef>

namespace ringlet::detail {

/// Bytes in memory that an operation sends or writes: with one SQE after another, where they are
/// more than one carries or the kernel takes only some of them.
class outgoing_bytes {
public:
    /// Whether the operation ends once some of the bytes have gone, or all.
    enum class amount { some, all };

    outgoing_bytes(const void* data, std::size_t size, amount wanted) noexcept
        : wanted_(wanted), data_(static_cast<const std::byte*>(data)), size_(size) {}

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] bool all_wanted() const noexcept { return wanted_ == amount::all; }

    /// What the next SQE carries: so many bytes from there on.
    [[nodiscard]] const std::byte* next() const noexcept { return data_ + gone_; }
    [[nodiscard]] std::size_t chunk() const noexcept {
        const std::size_t left = size_ - gone_;
        return left < chunk_max ? left : chunk_max;
    }

    /// The result with which the operation is over, if one with `chunk` bytes is all that is left;
    /// for many more it is not reached by any.
    [[nodiscard]] int enough(std::size_t chunk) const noexcept {
        return gone_ + chunk == size_ ? static_cast<int>(chunk) : INT_MAX;
    }

    /// How many bytes have gone, which an operation notes.
    [[nodiscard]] std::size_t gone() const noexcept { return gone_; }
    void note_gone(int bytes) noexcept { gone_ += static_cast<std::size_t>(bytes); }

private:
    // One SQE carries at most this many bytes; its length and its result are 32 bits wide.
    static constexpr std::size_t chunk_max = std::size_t{1} << 30U;

    amount wanted_;
    const std::byte* data_;
    std::size_t size_;
    std::size_t gone_ = 0;
};

}  // namespace ringlet::detail
