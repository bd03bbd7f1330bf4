#pragma once

#include <ringlet/loop/detail/timer.hpp>
#include <ringlet/net/stream.hpp>

#include <chrono>

namespace ringlet {

/// How long the peer of a stream may keep operations on it waiting before they fail with timed_out.
/// Each time is at most a year; 0 stands for no limit.
struct stream_timeouts {
    /// The time without a byte in either direction, counted while an operation is pending on the
    /// stream. It ends a receive and a send alike. Time in which no operation is pending, since the
    /// program is busy otherwise, does not count against the peer.
    std::chrono::milliseconds idle{0};

    /// The time that one receive waits for its first byte, whatever is sent meanwhile.
    std::chrono::milliseconds read{0};

    /// The time in which the system takes nothing of a send. However much there is to send, the
    /// send is not late while pieces of it go. The system takes the next piece once there is much
    /// room in the socket's send buffer, a third of a TCP socket's or three quarters of a Unix
    /// socket's: the slowest peer has to read so much in this time.
    std::chrono::milliseconds write{0};

    friend bool operator==(const stream_timeouts& one, const stream_timeouts& other) = default;
};

/// Keeps the operations on a stream to its timeouts while it lives: an operation that waits for
/// longer fails with timed_out, unless it succeeds all the same. Only that operation fails; the
/// scope goes on, and the next operation on the stream has its time anew:
///
///     const ringlet::stream_watch watch(client, {.read = 30s});
///     auto n = co_await client.recv(buffer, error);
///     if (error == std::errc::timed_out)
///         co_await client.send_all("HTTP/1.1 408 Request Timeout\r\n\r\n");
///
/// A watch takes one timer of the loop, which looks at the stream when an operation may be late; it
/// takes none if all timeouts are 0. A stream may have several watches: each of them counts.
///
/// One thread: the loop's. Lifetime: the stream outlives the watch, and does not move meanwhile.
class stream_watch final : private detail::timer {
public:
    /// Watches the stream `watched` from now on. Throws std::invalid_argument for a timeout that is
    /// not 0 to a year.
    stream_watch(stream& watched, const stream_timeouts& timeouts);
    stream_watch(const stream_watch&) = delete;
    stream_watch& operator=(const stream_watch&) = delete;
    ~stream_watch();

private:
    void expire() override { check_timeouts(); }

    /// Ends the operations that are late, and arms the timer for the time at which the next may be.
    void check_timeouts();

    /// Whether the progress of a send matters.
    [[nodiscard]] bool watches_sending() const noexcept {
        return timeouts_.idle > timeouts_.idle.zero() || timeouts_.write > timeouts_.write.zero();
    }

    stream& stream_;
    stream_timeouts timeouts_;
};

}  // namespace ringlet
