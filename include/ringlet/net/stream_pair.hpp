#pragma once

#include <ringlet/net/memory_stream.hpp>

namespace ringlet {

/// A connection in memory: two streams of one loop that are each other's peers. With it, what reads
/// and writes streams can be tested without sockets, and with any timing.
///
///     ringlet::stream_pair pair;
///     group.spawn(converse(pair.one));            // a handler that takes any kind of stream
///     ringlet::reader answers(pair.other);
///
/// One thread: the loop's. Lifetime: outlives those who wait at it.
class stream_pair {
    detail::memory_pipe there_;
    detail::memory_pipe back_;

public:
    /// Each direction holds at most `capacity` bytes; the smaller it is, the smaller the pieces in
    /// which they come. Throws std::invalid_argument for 0, or more than 1 GiB.
    explicit stream_pair(std::size_t capacity = detail::memory_pipe::default_capacity)
        : there_(capacity), back_(capacity), one(back_, there_), other(there_, back_) {}

    memory_stream one;
    memory_stream other;
};

}  // namespace ringlet
