#pragma once

#include <cstddef>

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

}  // namespace ringlet
