#include "base/detail/shared_memory.hpp"

#include <ringlet/server/detail/shutdown_signal.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>

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

}  // namespace

shutdown_signal::shutdown_signal()
    : event_(EFD_NONBLOCK), grace_(std::make_unique<shared_grace>()), process_(::getpid()) {}

shutdown_signal::~shutdown_signal() = default;

void shutdown_signal::request(std::chrono::nanoseconds grace) noexcept {
    if (process_ != ::getpid()) {
        shorten(early_, grace);
        if (process_ != ::getpid())  // otherwise `separate` may have missed it in the meantime
            return;
    }
    shorten(**grace_, grace);
    event_.signal();
}

void shutdown_signal::enter_child() noexcept {
    process_ = ::getpid();
}

void shutdown_signal::separate() {
    if (process_ == ::getpid())
        return;
    event_descriptor event(EFD_NONBLOCK);
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
    event_.clear();
}

void shutdown_signal::reset() noexcept {
    // This order keeps a request that comes in between, though it discards the request's wake-up.
    (**grace_).store(none.count());
    acknowledge();
}

}  // namespace ringlet::detail
