#pragma once

#include "waiting_operation.hpp"

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/base/detail/owned_descriptor.hpp>

#include <sys/epoll.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace ringlet::detail::epoll {

/// The events that end a POLL_ADD in the kernel's ring, asked for or not.
inline constexpr std::uint32_t polled_unasked = EPOLLERR | EPOLLHUP | EPOLLRDHUP;

/// The operations that wait at one descriptor, and the state of its registration with epoll.
struct descriptor {
    intrusive_list<waiting_operation> input;
    intrusive_list<waiting_operation> output;
    intrusive_list<waiting_operation> events;  // POLL_ADD
    intrusive_list<waiting_operation> later;   // tried again from time to time
    std::uint32_t life = 0;   // counts up where the number may have come to name another file
    bool registered = false;  // epoll knows the file, or knew it before it was closed
    bool to_arm = false;      // is among those that `arm_all` goes through
    bool drained = false;     // the last receive got all there was

    /// Whether nothing here waits for epoll.
    [[nodiscard]] bool idle() const noexcept {
        return input.empty() && output.empty() && events.empty();
    }

    /// Calls `visit` with each that waits; it may unlink that one.
    template <class Visitor>
    void for_each(const Visitor& visit) {
        for (auto* const queue : {&input, &output, &events, &later})
            queue->for_each(visit);
    }
};

/// The descriptors of a ring and the epoll instance (epoll(7)) that watches those at which
/// something waits. Each is armed for one event (EPOLLONESHOT): so one at which nothing waits costs
/// nothing, and arming anew finds out where a number names another file by now.
class descriptor_table {
public:
    /// Throws std::system_error where there is no descriptor left.
    descriptor_table();
    descriptor_table(const descriptor_table&) = delete;
    descriptor_table& operator=(const descriptor_table&) = delete;

    /// Whether `at` would make no table for `fd`.
    [[nodiscard]] bool has(int fd) const noexcept {
        const auto page = static_cast<std::size_t>(fd) / page_size;
        return page < pages_.size() && pages_[page] != nullptr;
    }

    /// `fd` is not negative. Throws std::bad_alloc. The reference lasts as long as the table.
    [[nodiscard]] descriptor& at(int fd) {
        const auto index = static_cast<std::size_t>(fd);
        if (!has(fd)) [[unlikely]]
            add_page(index / page_size);
        return pages_[index / page_size][index % page_size];
    }

    /// Something has begun to wait at `fd`: `arm_all` will see to it. Throws std::bad_alloc.
    void arm_later(int fd);

    /// Tells epoll of all that began to wait. Calls `refused(descriptor&, error)` where epoll
    /// cannot watch the file, and `renewed(descriptor&)` where its number has come to name another:
    /// what is armed there waited for the one before.
    template <class Refused, class Renewed>
    void arm_all(const Refused& refused, const Renewed& renewed);

    /// Notes that `fd` is about to be closed, so that later events that epoll reports of it do not
    /// count.
    void closing(int fd);

    /// Watches a descriptor of the ring's own, for input.
    void watch(int fd);

    /// Waits until `timeout` (epoll_pwait2(2); nullptr is for ever) and calls `report(fd, events)`
    /// for what is ready. False where a signal came. Throws std::system_error where epoll is
    /// broken.
    template <class Report>
    bool wait(const timespec* timeout, const Report& report);

private:
    static constexpr std::size_t page_size = 256;
    static constexpr std::size_t events_max = 256;

    void add_page(std::size_t page);
    [[nodiscard]] int arm(int fd, descriptor& entry) noexcept;
    [[nodiscard]] int control(int action, int fd, std::uint32_t events,
                              std::uint32_t life) noexcept;
    [[nodiscard]] int wait_for_events(const timespec* timeout);

    owned_descriptor epoll_;
    bool precise_ = true;  // epoll_pwait2(2) is there
    std::vector<std::unique_ptr<descriptor[]>> pages_;
    std::vector<int> to_arm_;
    std::vector<epoll_event> reported_;
};

/// The events that epoll is to report for the operations that wait at `entry`.
[[nodiscard]] std::uint32_t events_wanted(descriptor& entry);

template <class Refused, class Renewed>
void descriptor_table::arm_all(const Refused& refused, const Renewed& renewed) {
    for (const int fd : to_arm_) {
        descriptor& entry = at(fd);
        entry.to_arm = false;
        if (entry.idle())
            continue;
        int error = arm(fd, entry);
        if (error == ENOENT) {  // closed and opened again behind our back
            ++entry.life;
            entry.drained = false;
            renewed(entry);
            error = entry.idle() ? 0 : arm(fd, entry);
        }
        if (error != 0)
            refused(entry, error);
        entry.for_each([](waiting_operation& waiting) { waiting.armed = true; });
    }
    to_arm_.clear();
}

template <class Report>
bool descriptor_table::wait(const timespec* timeout, const Report& report) {
    const int count = wait_for_events(timeout);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = reported_[static_cast<std::size_t>(i)];
        const auto fd = static_cast<int>(event.data.u64 & 0xffffffffU);
        if (at(fd).life == event.data.u64 >> 32U)
            report(fd, event.events);
    }
    return count >= 0;
}

}  // namespace ringlet::detail::epoll
