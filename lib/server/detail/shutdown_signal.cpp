#include "shared_memory.hpp"

#include <ringlet/server/detail/shutdown_signal.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace ringlet::detail {

/// In memory that forked children share: each of them may make a request, and be shown one.
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
        return;  // a forked child's, of a server that is not its own
    auto known = (**grace_).load();
    while (grace.count() < known && !(**grace_).compare_exchange_weak(known, grace.count())) {
    }
    const int interrupted = errno;  // in a signal handler, which must leave it alone
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(native_handle(), &one, sizeof(one));
    errno = interrupted;
}

std::chrono::nanoseconds shutdown_signal::grace() const noexcept {
    return std::chrono::nanoseconds((**grace_).load());
}

void shutdown_signal::acknowledge() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(native_handle(), &count, sizeof(count));
}

void shutdown_signal::reset() noexcept {
    // In this order a request that comes in between is kept, though its wake-up is taken.
    (**grace_).store(none.count());
    acknowledge();
}

}  // namespace ringlet::detail
