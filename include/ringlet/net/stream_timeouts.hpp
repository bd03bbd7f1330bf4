#pragma once

#include <chrono>

namespace ringlet {

/// How long the peer of a stream may keep it waiting before what waits fails with timed_out. 0 is
/// for ever, a year the longest.
struct stream_timeouts {
    /// No byte in either direction, while something is pending on the stream. The time in which
    /// nothing is, since the program is busy otherwise, does not count against the peer. Ends a
    /// receive and a send alike.
    std::chrono::milliseconds idle{0};

    /// One receive that waits for its first byte, whatever is sent meanwhile.
    std::chrono::milliseconds read{0};

    /// One send of which the system has taken nothing more. However much it is, it is not late
    /// while pieces of it go; the peer's system acknowledges them, so that a small reply to a
    /// client that does not read is sent too.
    std::chrono::milliseconds write{0};
};

}  // namespace ringlet
