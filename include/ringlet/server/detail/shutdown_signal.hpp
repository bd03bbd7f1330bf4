#pragma once

#include <ringlet/base/detail/event_descriptor.hpp>

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <memory>

namespace ringlet::detail {

/// A request to stop, with a grace for the requests that are being handled. Any thread and any
/// signal handler can make the request. A loop sees it as a readable descriptor. Of
/// several requests the shortest grace counts.
///
/// The children that a server forks share the signal: each may make a request, and all see it. Any
/// other process that is forked has no part in it.
///
/// Thread-safe and async-signal-safe: `request`. The rest belongs to the thread that serves.
class shutdown_signal {
public:
    /// A signal that nobody has requested yet. Throws std::system_error when no descriptor is left.
    shutdown_signal();
    shutdown_signal(const shutdown_signal&) = delete;
    shutdown_signal& operator=(const shutdown_signal&) = delete;
    ~shutdown_signal();

    /// Requests a stop with this grace, or shortens the grace of an earlier request. In a process
    /// that has no part in the signal, this concerns that process only, once it has called
    /// `separate`.
    void request(std::chrono::nanoseconds grace) noexcept;

    /// Lets a child that the server has forked take part in the signal. The child calls this.
    void enter_child() noexcept;

    /// Gives a process that has no part in the signal one of its own, so that it can serve by
    /// itself; elsewhere this does nothing. Throws std::system_error.
    void separate();

    /// Whether a request has come since the last `reset`.
    [[nodiscard]] bool requested() const noexcept { return grace() != none; }

    /// The shortest grace of all requests since the last `reset`.
    [[nodiscard]] std::chrono::nanoseconds grace() const noexcept;

    /// A descriptor that is readable once a request has come since the last `acknowledge`.
    [[nodiscard]] int native_handle() const noexcept { return event_.native_handle(); }

    /// Notes that the loop has seen the request: the descriptor is not readable until the next
    /// request.
    void acknowledge() noexcept;

    /// Forgets all requests, after the server has stopped.
    void reset() noexcept;

private:
    class shared_grace;

    static constexpr std::chrono::nanoseconds none = std::chrono::nanoseconds::max();

    event_descriptor event_;
    std::unique_ptr<shared_grace> grace_;
    std::atomic<pid_t> process_;  // the one that has a part in the signal
    std::atomic<std::chrono::nanoseconds::rep> early_{none.count()};  // requests before `separate`
};

}  // namespace ringlet::detail
