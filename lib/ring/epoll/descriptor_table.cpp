#include "descriptor_table.hpp"

#include "base/detail/owned_descriptors.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <system_error>

namespace ringlet::detail::epoll {

std::uint32_t events_wanted(descriptor& entry) {
    std::uint32_t wanted = 0;
    if (!entry.input.empty())
        wanted |= EPOLLIN;
    if (!entry.output.empty())
        wanted |= EPOLLOUT;
    entry.events.for_each(
        [&](const waiting_operation& poll) { wanted |= poll.poll32_events | polled_unasked; });
    return wanted;
}

descriptor_table::descriptor_table()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"), reported_(events_max) {}

void descriptor_table::add_page(std::size_t page) {
    if (page >= pages_.size())
        pages_.resize(page + 1);
    pages_[page] = std::make_unique<descriptor[]>(page_size);
}

void descriptor_table::arm_later(int fd) {
    descriptor& entry = at(fd);
    if (entry.to_arm)
        return;
    to_arm_.push_back(fd);
    entry.to_arm = true;
}

void descriptor_table::closing(int fd) {
    descriptor& entry = at(fd);
    ++entry.life;
    entry.drained = false;
    entry.registered = false;
    entry.generation = 0;
}

void descriptor_table::watch(int fd) {
    own_ = fd;
    if (const int error = control(EPOLL_CTL_ADD, fd, EPOLLIN, at(fd).life); error != 0)
        throw std::system_error(error, std::system_category(), "epoll_ctl");
}

bool descriptor_table::watches(int fd, descriptor& entry) const noexcept {
    if (entry.generation == 0 || entry.generation != owned_descriptors::generation(fd))
        return false;
    const std::uint32_t wanted = events_wanted(entry);
    // Most sockets are ready for output all the time: to watch that for nobody would be reported.
    return (wanted & ~entry.watched) == 0 && ((wanted ^ entry.watched) & EPOLLOUT) == 0;
}

int descriptor_table::arm(int fd, descriptor& entry) noexcept {
    const std::uint32_t wanted = events_wanted(entry);
    const std::uint32_t generation = owned_descriptors::generation(fd);
    if (generation != 0 && entry.generation != 0 && generation != entry.generation) {
        // Closed and opened again: to ask epoll for what it watched would be in vain.
        entry.registered = false;
        entry.generation = 0;
        return ENOENT;
    }
    const std::uint32_t events = generation != 0 ? wanted : wanted | EPOLLONESHOT;
    const std::uint32_t mark = generation != 0 ? on_and_on : 0;
    int error = 0;
    if (entry.registered) {
        error = control(EPOLL_CTL_MOD, fd, events, entry.life, mark);
        entry.registered = error != ENOENT;
    } else {
        error = control(EPOLL_CTL_ADD, fd, events, entry.life, mark);
        if (error == EEXIST)
            error = control(EPOLL_CTL_MOD, fd, events, entry.life, mark);
        entry.registered = error == 0;
    }
    entry.generation = error == 0 ? generation : 0;
    entry.watched = wanted;
    return error;
}

// Epoll goes on to report what it watches on and on: were nobody to take it, the ring would turn
// without end.
void descriptor_table::note_events(int fd, descriptor& entry, std::uint32_t events) {
    if (entry.generation == 0)
        return;
    const std::uint32_t wanted = events_wanted(entry);
    if (wanted != 0 && (events & ~(wanted | EPOLLERR | EPOLLHUP)) == 0)
        return;
    entry.drained = false;
    entry.generation = 0;
    entry.registered = false;
    if (const int error = control(EPOLL_CTL_DEL, fd, 0, 0); error == ENOENT || error == EBADF)
        haunted_ = true;
}

/// Epoll has no way to forget a file whose last descriptor here is closed, while another process
/// or another descriptor keeps it open: so another epoll instance takes the place of this one.
void descriptor_table::begin_anew() {
    const int made = ::epoll_create1(EPOLL_CLOEXEC);
    if (made < 0)
        return;  // no descriptor is left: the next event is another occasion
    epoll_ = owned_descriptor(made, "epoll_create1");
    haunted_ = false;
    watch(own_);
    for (std::size_t page = 0; page < pages_.size(); ++page)
        for (std::size_t index = 0; pages_[page] != nullptr && index < page_size; ++index) {
            descriptor& entry = pages_[page][index];
            entry.registered = false;
            entry.generation = 0;
            if (!entry.idle())
                arm_later(static_cast<int>(page * page_size + index));
        }
}

int descriptor_table::control(int action, int fd, std::uint32_t events, std::uint32_t life,
                              std::uint32_t mark) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.u64 = std::uint64_t{life} << 32U | static_cast<unsigned>(fd) | mark;
    return ::epoll_ctl(epoll_.native_handle(), action, fd, &event) == 0 ? 0 : errno;
}

int descriptor_table::wait_for_events(const timespec* timeout) {
    if (precise_) {
        const long count = ::syscall(SYS_epoll_pwait2, epoll_.native_handle(), reported_.data(),
                                     events_max, timeout, nullptr, sizeof(sigset_t));
        if (count >= 0)
            return static_cast<int>(count);
        // A kernel before 5.11 answers ENOSYS; a seccomp filter that does not know it, EPERM or
        // what it likes. What is wrong besides, epoll_wait says too.
        precise_ = errno == EINTR;
    }
    int count = -1;
    if (!precise_) {
        // Rounded up, so that no deadline is met too early.
        const auto milliseconds =
            timeout == nullptr ? -1
                               : timeout->tv_sec * 1000 + (timeout->tv_nsec + 999'999) / 1'000'000;
        count = ::epoll_wait(epoll_.native_handle(), reported_.data(), static_cast<int>(events_max),
                             static_cast<int>(std::min<long>(milliseconds, INT_MAX)));
    }
    if (count < 0 && errno != EINTR)
        throw std::system_error(errno, std::system_category(), "epoll_wait");
    return count;
}

}  // namespace ringlet::detail::epoll
