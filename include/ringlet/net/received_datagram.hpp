#pragma once

#include <ringlet/net/detail/burst_segments.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <cstddef>
#include <span>

namespace ringlet {

/// The size of a datagram that a receive has put into its buffer.
struct received_datagram {
    /// How many bytes are in the buffer. 0 is an empty datagram, not an end.
    std::size_t size = 0;

    /// How many bytes were sent: more than `size` if the buffer was too small.
    std::size_t original_size = 0;

    /// Whether the buffer was too small, so that the rest of the datagram is lost (MSG_TRUNC).
    /// recv(2).
    bool truncated = false;
};

/// The sizes of the datagrams that a receive has put into its buffer, one behind the other. All of
/// them have one size, but the last one may be shorter.
struct received_burst {
    /// The most bytes that come at a time: a buffer of this size loses nothing.
    static constexpr std::size_t size_max = 65'535;

    /// How many bytes are in the buffer.
    std::size_t size = 0;

    /// How many bytes were sent: more than `size` if the buffer was too small.
    std::size_t original_size = 0;

    /// The size of each datagram but the last, in bytes; if there is a single one, its size.
    std::size_t segment_size = 0;

    /// Whether the buffer was too small, so that the end of the last datagram in it, or further
    /// datagrams, are lost (MSG_TRUNC). recv(2).
    bool truncated = false;

    /// How many datagrams are in the buffer. An empty datagram counts.
    [[nodiscard]] std::size_t count() const noexcept {
        return size > segment_size ? (size + segment_size - 1) / segment_size : 1;
    }

    /// The datagrams as a random-access range of std::span<std::byte>, in the order in which they
    /// came. `buffer` is the buffer of the receive. Lifetime: the buffer outlives the range.
    [[nodiscard]] detail::burst_segments segments(mutable_buffer buffer) const noexcept {
        const std::span<std::byte> bytes(static_cast<std::byte*>(buffer.data()), size);
        return {bytes, segment_size, count()};
    }
};

}  // namespace ringlet
