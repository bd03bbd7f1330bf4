#include "ring/epoll/op_description.hpp"
#include "system_call.hpp"

namespace ringlet::detail::epoll::op {

namespace timeout_op {

using time_point = op_description::time_point;

bool accepts(const io_uring_sqe& sqe) noexcept {
    return sqe.len == 1 && sqe.off == 0 && (sqe.timeout_flags & ~unsigned{IORING_TIMEOUT_ABS}) == 0;
}

std::optional<outcome> attempt(ring_state& /*ring*/, const io_uring_sqe& sqe, progress& so_far) {
    if (so_far.waited)
        return -ETIME;
    const auto& given = *pointer<const __kernel_timespec>(sqe.addr);
    if (given.tv_sec < 0 || given.tv_nsec < 0)
        return -EINVAL;
    return std::nullopt;
}

time_point due(const io_uring_sqe& sqe) noexcept {
    const auto& given = *pointer<const __kernel_timespec>(sqe.addr);
    const std::chrono::seconds seconds(given.tv_sec);
    const std::chrono::nanoseconds rest(given.tv_nsec);
    const bool absolute = (sqe.timeout_flags & IORING_TIMEOUT_ABS) != 0;
    const time_point begin = absolute ? time_point() : ring::clock::now();
    const bool never =
        seconds >= std::chrono::floor<std::chrono::seconds>(ring::no_deadline - begin - rest);
    return never ? ring::no_deadline : begin + seconds + rest;
}

}  // namespace timeout_op

extern const op_description timeout{
    .accepts = timeout_op::accepts,
    .waits_for = awaited::time,
    .attempt = timeout_op::attempt,
    .due = timeout_op::due,
};

}  // namespace ringlet::detail::epoll::op
