#pragma once

#include <liburing.h>

#include <cstdint>
#include <deque>
#include <unordered_map>

namespace ringlet::detail::epoll {

/// The buffers that were provided for receives to choose from (IOSQE_BUFFER_SELECT), by group.
class buffer_groups {
public:
    struct buffer {
        std::uint64_t address;
        std::uint32_t size;
        std::uint16_t id;
    };

    /// PROVIDE_BUFFERS and REMOVE_BUFFERS, with their results. Throws std::bad_alloc.
    int provide(const io_uring_sqe& sqe);
    int remove(const io_uring_sqe& sqe) noexcept;

    /// The next buffer of a group, or nullptr.
    [[nodiscard]] const buffer* next(std::uint16_t group) const noexcept;

    /// It has been used, and is the receiver's.
    void use_next(std::uint16_t group) noexcept { groups_.find(group)->second.pop_front(); }

private:
    std::unordered_map<std::uint16_t, std::deque<buffer>> groups_;
};

}  // namespace ringlet::detail::epoll
