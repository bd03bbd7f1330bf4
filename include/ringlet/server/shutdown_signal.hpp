#pragma once

#include <atomic>
#include <chrono>

namespace ringlet {

/// A request to stop, with the deadline until which what is going on may end by itself. It can be
/// made from any thread and from a signal handler, and is seen by a loop as a readable descriptor
/// (eventfd(2)). Of several requests the earliest deadline counts.
///
/// Thread-safe and async-signal-safe: `request`. The rest belongs to the thread that serves.
class shutdown_signal {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// Throws std::system_error when there is no descriptor left.
    shutdown_signal();
    shutdown_signal(const shutdown_signal&) = delete;
    shutdown_signal& operator=(const shutdown_signal&) = delete;
    ~shutdown_signal();

    void request(time_point deadline) noexcept;

    [[nodiscard]] bool requested() const noexcept { return deadline() != time_point::max(); }
    [[nodiscard]] time_point deadline() const noexcept;

    /// Readable once a request has come since the last `acknowledge`.
    [[nodiscard]] int native_handle() const noexcept { return fd_; }

    /// The request has been seen: the descriptor is not readable until the next one.
    void acknowledge() noexcept;

    /// The request has been carried out: as if none had come.
    void reset() noexcept;

private:
    using nanoseconds = std::chrono::nanoseconds::rep;

    int fd_;
    std::atomic<nanoseconds> deadline_{time_point::max().time_since_epoch().count()};
    static_assert(std::atomic<nanoseconds>::is_always_lock_free);
};

}  // namespace ringlet
