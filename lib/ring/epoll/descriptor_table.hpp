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
    std::uint32_t life = 0;        // counts up where the number may have come to name another file
    std::uint32_t watched = 0;     // the events for which epoll watches a file of ringlet's
    std::uint32_t generation = 0;  // the file's, where epoll watches it on and on; otherwise 0
    bool registered = false;       // epoll knows the file, or knew it before it was closed
    bool to_arm = false;           // is among those that `arm_all` goes through
    bool drained = false;          // the last receive got all there was

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
/// something waits.
///
/// A descriptor of ringlet's own is watched on and on, so that the next operation costs no system
/// call: its generation tells where the number names another file by now. An event that nothing
/// waits for ends the watching. Any other descriptor is armed for one event (EPOLLONESHOT), and
/// arming anew finds out what the number names.
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

    /// Whether epoll reports already all that those at `entry`, which is that of `fd`, wait for.
    [[nodiscard]] bool watches(int fd, descriptor& entry) const noexcept;

    /// Takes note of events that epoll reports of `fd`, before anything goes on that waits there.
    /// Throws std::bad_alloc.
    void note_events(int fd, descriptor& entry, std::uint32_t events);

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

    // Besides the life, an event's data has the descriptor, and this bit if it is watched on and
    // on.
    static constexpr std::uint32_t on_and_on = 0x80000000U;

    void add_page(std::size_t page);
    [[nodiscard]] int arm(int fd, descriptor& entry) noexcept;
    [[nodiscard]] int control(int action, int fd, std::uint32_t events, std::uint32_t life,
                              std::uint32_t mark = 0) noexcept;
    void begin_anew();
    [[nodiscard]] int wait_for_events(const timespec* timeout);

    owned_descriptor epoll_;
    int own_ = -1;          // watched for the ring itself
    bool haunted_ = false;  // epoll watches a file that has no descriptor here any more
    bool precise_ = true;   // epoll_pwait2(2) is there
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
        const auto fd = static_cast<int>(event.data.u64 & (on_and_on - 1));
        if (at(fd).life == event.data.u64 >> 32U)
            report(fd, event.events);
        else if ((event.data.u64 & on_and_on) != 0)
            haunted_ = true;
    }
    if (haunted_)
        begin_anew();
    return count >= 0;
}

}  // namespace ringlet::detail::epoll
