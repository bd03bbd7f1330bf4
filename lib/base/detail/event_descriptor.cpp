#include <ringlet/base/detail/event_descriptor.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace ringlet::detail {

namespace {

// Of this thread. A signal handler may interrupt the thread that counts, and count too.
[[gnu::tls_model("initial-exec")]] thread_local std::atomic<std::uint64_t> signals_given{0};

}  // namespace

event_descriptor::event_descriptor(int flags)
    : event_(::eventfd(0, EFD_CLOEXEC | flags), "eventfd") {}

// The write can only fail where the counter is full, and then the descriptor is readable already;
// or in a forked child that no longer has the descriptor, where nobody is to be told.
void event_descriptor::signal(int fd) noexcept {
    const int errno_before = errno;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd, &one, sizeof(one));
    signals_given.fetch_add(1, std::memory_order_relaxed);
    errno = errno_before;
}

void event_descriptor::clear() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto bytes_read = ::read(native_handle(), &count, sizeof(count));
}

[[gnu::noinline]] std::uint64_t event_descriptor::signals() noexcept {
    return signals_given.load(std::memory_order_relaxed);
}

}  // namespace ringlet::detail
