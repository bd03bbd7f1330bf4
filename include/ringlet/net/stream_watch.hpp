#pragma once

#include <ringlet/loop/detail/timer.hpp>
#include <ringlet/net/stream.hpp>

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

/// While one lives, what is awaited on a stream is not awaited for longer than its timeouts allow:
/// it fails with timed_out, unless it succeeds all the same. Only that fails; the scope goes on,
/// and whatever is awaited on the stream next has its time anew:
///
///     const ringlet::stream_watch watch(client, {.read = 30s});
///     auto n = co_await client.recv(buffer, error);
///     if (error == std::errc::timed_out)
///         co_await client.send_all("HTTP/1.1 408 Request Timeout\r\n\r\n");
///
/// It takes one timer of the loop, which looks at the stream when something may be late, and
/// nothing where all timeouts are 0. Where there are several on one stream, each counts.
///
/// One thread: the loop's. Lifetime: the stream outlives it, and does not move meanwhile.
class stream_watch final : private detail::timer {
public:
    /// Throws std::invalid_argument for a timeout that is not 0 to a year.
    stream_watch(stream& watched, const stream_timeouts& timeouts);
    stream_watch(const stream_watch&) = delete;
    stream_watch& operator=(const stream_watch&) = delete;
    ~stream_watch();

private:
    void expire() override { check_timeouts(); }

    /// Ends what is late, and arms the timer for when something may be next.
    void check_timeouts();

    /// Whether the progress of a send matters.
    [[nodiscard]] bool watches_sending() const noexcept {
        return timeouts_.idle > timeouts_.idle.zero() || timeouts_.write > timeouts_.write.zero();
    }

    stream& stream_;
    stream_timeouts timeouts_;
};

}  // namespace ringlet
