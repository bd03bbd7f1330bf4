#pragma once

#include <ringlet/net/memory_stream.hpp>

namespace ringlet {

/// A connection in memory: two streams of one loop that are each other's peers. It tests code that
/// reads and writes streams without sockets, and with any timing.
///
///     ringlet::stream_pair pair;
///     group.spawn(converse(pair.one));            // a handler that takes any kind of stream
///     ringlet::reader answers(pair.other);
///
/// One thread: the loop's. Lifetime: the pair outlives the coroutines that wait for its streams.
class stream_pair {
    detail::memory_pipe there_;
    detail::memory_pipe back_;

public:
    /// Makes a pair of streams. Each direction holds at most `capacity` bytes: the fewer, the
    /// smaller the pieces in which they come. Throws std::invalid_argument for 0 or more than 1
    /// GiB.
    explicit stream_pair(std::size_t capacity = detail::memory_pipe::default_capacity)
        : there_(capacity), back_(capacity), one(back_, there_), other(there_, back_) {}

    memory_stream one;    ///< One end; it receives what `other` sends.
    memory_stream other;  ///< The other end; it receives what `one` sends.
};

}  // namespace ringlet
