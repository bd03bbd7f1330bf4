#pragma once

#include <ringlet/net/stream.hpp>

#include <cstddef>
#include <memory>

namespace ringlet {

/// A connection in memory: two streams of one loop that are each other's peers. It tests code that
/// uses streams without sockets, and with any timing.
///
///     ringlet::stream_pair pair;
///     group.spawn(converse(pair.one));            // a handler: task<>(stream&)
///     ringlet::reader answers(pair.other);
///
/// What one stream sends waits in memory, and its sends wait while that is full. Where a stream is
/// aborted, its peer's receives fail with connection_reset.
///
/// One thread: the loop's.
class stream_pair {
    struct connection;
    class end;

public:
    /// The capacity of each direction unless another is given.
    static constexpr std::size_t default_capacity = 65'536;

    /// Makes a pair of streams in the loop that runs in this thread. Each direction holds at most
    /// `capacity` bytes: the fewer, the smaller the pieces in which they come. Throws
    /// std::invalid_argument for 0 or more than 1 GiB, and std::logic_error outside a loop.
    explicit stream_pair(std::size_t capacity = default_capacity);

    stream one;    ///< One end; it receives what `other` sends.
    stream other;  ///< The other end; it receives what `one` sends.

private:
    explicit stream_pair(const std::shared_ptr<connection>& between);
};

}  // namespace ringlet
