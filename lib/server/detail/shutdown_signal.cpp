#include "base/detail/shared_memory.hpp"

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

namespace {

void shorten(std::atomic<std::chrono::nanoseconds::rep>& shortest,
             std::chrono::nanoseconds grace) noexcept {
    auto before = shortest.load();
    while (grace.count() < before && !shortest.compare_exchange_weak(before, grace.count())) {
    }
}

owned_descriptor make_event() {
    return {::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"};
}

}  // namespace

shutdown_signal::shutdown_signal()
    : event_(make_event()), grace_(std::make_unique<shared_grace>()), process_(::getpid()) {}

shutdown_signal::~shutdown_signal() = default;

void shutdown_signal::request(std::chrono::nanoseconds grace) noexcept {
    if (process_ != ::getpid()) {
        shorten(early_, grace);
        if (process_ != ::getpid())  // otherwise `separate` may have missed it in the meantime
            return;
    }
    shorten(**grace_, grace);
    const int errno_before = errno;  // a signal handler must leave errno as it is
    const std::uint64_t increment = 1;
    [[maybe_unused]] const auto bytes_written =
        ::write(native_handle(), &increment, sizeof(increment));
    errno = errno_before;
}

void shutdown_signal::enter_child() noexcept {
    process_ = ::getpid();
}

void shutdown_signal::separate() {
    if (process_ == ::getpid())
        return;
    owned_descriptor event = make_event();
    grace_ = std::make_unique<shared_grace>();
    event_ = std::move(event);
    process_ = ::getpid();
    if (const std::chrono::nanoseconds early(early_.exchange(none.count())); early != none)
        request(early);
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
