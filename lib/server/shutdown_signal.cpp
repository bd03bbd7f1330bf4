#include <ringlet/server/shutdown_signal.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace ringlet {

shutdown_signal::shutdown_signal() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0)
        throw std::system_error(errno, std::system_category(), "eventfd");
}

shutdown_signal::~shutdown_signal() {
    ::close(fd_);
}

void shutdown_signal::request(time_point deadline) noexcept {
    const nanoseconds wanted = deadline.time_since_epoch().count();
    nanoseconds known = deadline_.load();
    while (wanted < known && !deadline_.compare_exchange_weak(known, wanted)) {
    }
    const int interrupted = errno;  // in a signal handler, which must leave it alone
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof(one));
    errno = interrupted;
}

shutdown_signal::time_point shutdown_signal::deadline() const noexcept {
    return time_point(time_point::duration(deadline_.load()));
}

void shutdown_signal::acknowledge() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(fd_, &count, sizeof(count));
}

void shutdown_signal::reset() noexcept {
    acknowledge();
    deadline_.store(time_point::max().time_since_epoch().count());
}

}  // namespace ringlet
