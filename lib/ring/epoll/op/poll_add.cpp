#include "ring/epoll/descriptor_table.hpp"
#include "ring/epoll/op_description.hpp"

#include <poll.h>

#include <cerrno>

namespace ringlet::detail::epoll::op {

namespace poll_add_op {

bool accepts(const io_uring_sqe& sqe) noexcept {
    return sqe.len == 0;  // once, level-triggered
}

std::optional<outcome> attempt(ring_state& /*ring*/, const io_uring_sqe& sqe,
                               progress& /*so_far*/) {
    pollfd polled{sqe.fd, static_cast<short>(sqe.poll32_events | polled_unasked), 0};
    ::poll(&polled, 1, 0);
    if ((polled.revents & POLLNVAL) != 0)
        return -EBADF;
    if (polled.revents != 0)
        return polled.revents;
    return std::nullopt;
}

}  // namespace poll_add_op

extern const op_description poll_add{
    .accepts = poll_add_op::accepts,
    .at_descriptor = true,
    .waits_for = awaited::events,
    .attempt = poll_add_op::attempt,
};

}  // namespace ringlet::detail::epoll::op
