#pragma once

#include <chrono>

namespace ringlet {

/// How long the peer of a stream may keep it waiting before what waits fails with timed_out. 0 is
/// for ever, a year the longest.
struct stream_timeouts {
    /// No byte in either direction since what is pending on the stream began: ends a receive and a
    /// send alike. Time in which nothing is pending, since the program is busy otherwise, does not
    /// count against the peer.
    std::chrono::milliseconds idle{0};

    /// One receive that waits for its first byte, whatever is sent meanwhile.
    std::chrono::milliseconds read{0};

    /// One send of which the system takes no more. However much there is to send, it is not late
    /// while pieces of it go. The system takes the next once there is much room in the socket's
    /// send buffer, a third of a TCP socket's and three quarters of a Unix socket's: so much the
    /// slowest peer has to read in this time.
    std::chrono::milliseconds write{0};

    friend bool operator==(const stream_timeouts& one, const stream_timeouts& other) = default;
};

}  // namespace ringlet
