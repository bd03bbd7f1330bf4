#pragma once

#include <climits>
#include <cstddef>

namespace ringlet::detail {

/// The bytes in memory that an operation sends or writes: with one SQE after another, if they are
/// more than one SQE carries or the kernel takes only some of them.
class outgoing_bytes {
public:
    /// Whether the operation ends once some of the bytes have gone, or all.
    enum class extent { some, all };

    outgoing_bytes(const void* data, std::size_t size, extent wanted) noexcept
        : wanted_(wanted), data_(static_cast<const std::byte*>(data)), size_(size) {}

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// How many bytes there are, those that have gone among them.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] extent wanted() const noexcept { return wanted_; }
    [[nodiscard]] bool all_wanted() const noexcept { return wanted_ == extent::all; }

    /// Where the bytes begin that the next SQE carries.
    [[nodiscard]] const std::byte* next() const noexcept { return data_ + gone_; }

    /// How many bytes the next SQE carries.
    [[nodiscard]] std::size_t chunk() const noexcept {
        const std::size_t left = size_ - gone_;
        return left < chunk_max ? left : chunk_max;
    }

    /// The result with which the operation is over if the next SQE, with `chunk` bytes, carries all
    /// that are left; otherwise INT_MAX, which no result reaches.
    [[nodiscard]] int enough(std::size_t chunk) const noexcept {
        return gone_ + chunk == size_ ? static_cast<int>(chunk) : INT_MAX;
    }

    /// How many bytes have gone.
    [[nodiscard]] std::size_t gone() const noexcept { return gone_; }

    /// Notes that so many bytes have gone.
    void note_gone(std::size_t bytes) noexcept { gone_ += bytes; }

private:
    // One SQE carries at most this many bytes; its length and its result are 32 bits wide.
    static constexpr std::size_t chunk_max = std::size_t{1} << 30U;

    extent wanted_;
    const std::byte* data_;
    std::size_t size_;
    std::size_t gone_ = 0;
};

}  // namespace ringlet::detail
