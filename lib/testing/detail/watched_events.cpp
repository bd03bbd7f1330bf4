#include "watched_events.hpp"
#include "simulated_ring.hpp"

#include <ringlet/base/detail/event_descriptor.hpp>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace ringlet::testing::detail {

// An event has no type of file, as all of what has no name in any file system.
bool watched_events::is_event(int fd) noexcept {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == 0;
}

std::optional<int> watched_events::attempt(operation& tried) noexcept {
    const bool reads = tried.sqe.opcode == IORING_OP_READ;
    const unsigned wanted = reads ? POLLIN : tried.sqe.poll32_events;
    pollfd event{tried.sqe.fd, static_cast<short>(wanted), 0};
    if (::poll(&event, 1, 0) <= 0)
        return std::nullopt;
    if (!reads)
        return event.revents;
    void* const into = tried.memory<void>();
    const ssize_t count = ::read(tried.sqe.fd, into, tried.sqe.len);
    return count < 0 ? -errno : static_cast<int>(count);
}

void watched_events::look() {
    const std::uint64_t signals = ringlet::detail::event_descriptor::signals();
    if (signals == signals_seen_)
        return;
    signals_seen_ = signals;
    look_again();
}

bool watched_events::look_again() {
    std::vector<operation*> all;
    waiting_.for_each([&](operation& each) { all.push_back(&each); });
    return std::ranges::count_if(all, [](operation* each) { return each->ring.attempt(*each); }) >
           0;
}

}  // namespace ringlet::testing::detail
