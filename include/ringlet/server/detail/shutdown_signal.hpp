#pragma once

#include <ringlet/base/detail/owned_descriptor.hpp>

#include <chrono>
#include <memory>

namespace ringlet::detail {

/// A request to stop, with a grace for all that is going on. The request can be made from any
/// thread and from a signal handler, and is seen by a loop as a readable descriptor (eventfd(2)).
/// Of several requests the shortest grace counts.
///
/// Thread-safe and async-signal-safe: `request`. The rest belongs to the thread that serves.
class shutdown_signal {
public:
    /// Throws std::system_error when there is no descriptor left.
    shutdown_signal();
    shutdown_signal(const shutdown_signal&) = delete;
    shutdown_signal& operator=(const shutdown_signal&) = delete;
    ~shutdown_signal();

    void request(std::chrono::nanoseconds grace) noexcept;

    [[nodiscard]] bool requested() const noexcept { return grace() != none; }
    [[nodiscard]] std::chrono::nanoseconds grace() const noexcept;

    /// Readable once a request has come since the last `acknowledge`.
    [[nodiscard]] int native_handle() const noexcept { return event_.native_handle(); }

    /// The request has been seen: the descriptor is not readable until the next one.
    void acknowledge() noexcept;

    /// The request has been carried out: as if none had come.
    void reset() noexcept;

private:
    class shared_grace;

    static constexpr std::chrono::nanoseconds none = std::chrono::nanoseconds::max();

    owned_descriptor event_;
    std::unique_ptr<shared_grace> grace_;
};

}  // namespace ringlet::detail
