#pragma once

#include <ringlet/net/mutable_buffer.hpp>

#include <cstddef>
#include <ranges>
#include <span>

namespace ringlet {

/// What a receive tells of the datagram that it has put into its buffer.
struct received_datagram {
    /// The bytes that are in the buffer. 0 is an empty datagram, not an end.
    std::size_t size = 0;

    /// The bytes that were sent; more than `size` where the buffer was too small.
    std::size_t original_size = 0;

    /// Whether the rest of it is lost (MSG_TRUNC).
    bool truncated = false;
};

/// What a receive tells of the datagrams that it has put into its buffer, one behind the other: all
/// are of one size, but the last may be shorter.
struct received_burst {
    /// The most that comes at a time: a buffer of so many bytes loses nothing.
    static constexpr std::size_t size_max = 65'535;

    /// The bytes that are in the buffer.
    std::size_t size = 0;

    /// The bytes that were sent; more than `size` where the buffer was too small.
    std::size_t original_size = 0;

    /// The bytes of each datagram, but for the last; of a single one, its own.
    std::size_t segment_size = 0;

    /// Whether the rest is lost (MSG_TRUNC): the end of the last datagram that is here, or further
    /// ones.
    bool truncated = false;

    /// How many datagrams are in the buffer. An empty one counts.
    [[nodiscard]] std::size_t count() const noexcept {
        return size > segment_size ? (size + segment_size - 1) / segment_size : 1;
    }

    /// Each of them as a std::span<std::byte>, in the order in which they came. `buffer` is what
    /// they were received into, and must last as long as the range.
    [[nodiscard]] auto segments(mutable_buffer buffer) const {
        const std::span<std::byte> all(static_cast<std::byte*>(buffer.data()), size);
        return std::views::iota(std::size_t{0}, count()) |
               std::views::transform([all, each = segment_size](std::size_t index) {
                   const auto rest = all.subspan(index * each);
                   return rest.size() < each ? rest : rest.first(each);
               });
    }
};

}  // namespace ringlet
