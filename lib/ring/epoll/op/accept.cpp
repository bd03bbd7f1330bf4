#include "ring/epoll/op_description.hpp"
#include "ring/epoll/ring_state.hpp"
#include "system_call.hpp"

#include <fcntl.h>

namespace ringlet::detail::epoll::op {

namespace accept_op {

bool accepts(const io_uring_sqe& sqe) noexcept {
    return (sqe.ioprio & ~unsigned{IORING_ACCEPT_MULTISHOT}) == 0 && sqe.file_index == 0;
}

// accept4(2) knows no MSG_DONTWAIT.
void prepare(int fd) noexcept {
    const int flags = ::fcntl(fd, F_GETFL);
    if ((flags & O_NONBLOCK) == 0 && int_option(fd, SO_ACCEPTCONN) != 0)
        ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

std::optional<int> accept_one(const io_uring_sqe& sqe) noexcept {
    const ssize_t accepted = uninterrupted([&] {
        return ::accept4(sqe.fd, pointer<sockaddr>(sqe.addr), pointer<socklen_t>(sqe.addr2),
                         static_cast<int>(sqe.accept_flags));
    });
    if (accepted < 0 && errno == EAGAIN)
        return std::nullopt;
    return result_of(accepted);
}

// Where the completion queue overflows, a multishot ends, as in the kernel.
std::optional<outcome> attempt(ring_state& ring, const io_uring_sqe& sqe, progress& /*so_far*/) {
    for (;;) {
        const std::optional<int> result = accept_one(sqe);
        if ((sqe.ioprio & IORING_ACCEPT_MULTISHOT) == 0 || !result || *result < 0 ||
            ring.completions.full())
            return result;
        ring.post_with_more(sqe, *result);
    }
}

}  // namespace accept_op

extern const op_description accept{
    .accepts = accept_op::accepts,
    .at_descriptor = true,
    .waits_for = awaited::input,
    .prepare = accept_op::prepare,
    .attempt = accept_op::attempt,
};

}  // namespace ringlet::detail::epoll::op
