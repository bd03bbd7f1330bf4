#pragma once

#include <ringlet/base/detail/owned_descriptor.hpp>

#include <cstdint>

namespace ringlet::detail {

/// A descriptor that becomes readable when it is signalled, by any thread or signal handler, so
/// that a loop sees it. eventfd(2).
///
/// Thread-safe and async-signal-safe: `signal`.
class event_descriptor {
public:
    /// Makes a descriptor that has not been signalled. `flags` is 0, or EFD_NONBLOCK where it is to
    /// be polled and cleared instead of read. Throws std::system_error.
    explicit event_descriptor(int flags = 0);

    /// The descriptor, or -1 if there is none. This object goes on owning it.
    [[nodiscard]] int native_handle() const noexcept { return event_.native_handle(); }

    /// Gives the descriptor away; the caller closes it.
    [[nodiscard]] int release() noexcept { return event_.release(); }

    /// Makes the descriptor readable. It leaves errno as it is.
    void signal() noexcept { signal(native_handle()); }

    /// Makes a descriptor readable that another object of this class has given away. It leaves
    /// errno as it is. Thread-safe, async-signal-safe.
    static void signal(int fd) noexcept;

    /// Makes a descriptor with EFD_NONBLOCK unreadable until it is signalled again.
    void clear() noexcept;

    /// How many signals this thread has given, to whichever descriptor. So a ring in user space
    /// learns without a system call that one may have become readable.
    [[nodiscard]] static std::uint64_t signals() noexcept;

private:
    owned_descriptor event_;
};

}  // namespace ringlet::detail
