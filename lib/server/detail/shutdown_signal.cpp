#include "shared_memory.hpp"

#include <ringlet/server/detail/shutdown_signal.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace ringlet::detail {

/// The shortest grace requested, in memory that forked children share: each process may make a
/// request and sees the requests of the others.
class shutdown_signal::shared_grace {
public:
    using nanoseconds = std::atomic<std::chrono::nanoseconds::rep>;
    static_assert(nanoseconds::is_always_lock_free);

    nanoseconds& operator*() const noexcept { return *memory_; }

private:
    shared_memory<nanoseconds> memory_{1, none.count()};
};

shutdown_signal::shutdown_signal()
    : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"),
      grace_(std::make_unique<shared_grace>()) {}

shutdown_signal::~shutdown_signal() = default;

void shutdown_signal::request(std::chrono::nanoseconds grace) noexcept {
    if (native_handle() < 0)
        return;  // this is a forked child, and the server is not the child's own
    auto shortest = (**grace_).load();
    while (grace.count() < shortest && !(**grace_).compare_exchange_weak(shortest, grace.count())) {
    }
    const int errno_before = errno;  // a signal handler must leave errno as it is
    const std::uint64_t increment = 1;
    [[maybe_unused]] const auto bytes_written =
        ::write(native_handle(), &increment, sizeof(increment));
    errno = errno_before;
}

std::chrono::nanoseconds shutdown_signal::grace() const noexcept {
    return std::chrono::nanoseconds((**grace_).load());
}

void shutdown_signal::acknowledge() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto bytes_read = ::read(native_handle(), &count, sizeof(count));
}

void shutdown_signal::reset() noexcept {
    // This order keeps a request that comes in between, though it discards the request's wake-up.
    (**grace_).store(none.count());
    acknowledge();
}

}  // namespace ringlet::detail
