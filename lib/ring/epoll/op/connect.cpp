#include "keep.hpp"
#include "ring/epoll/op_description.hpp"
#include "system_call.hpp"

#include <fcntl.h>

namespace ringlet::detail::epoll::op {

namespace connect_op {

/// connect(2) without waiting, which knows no MSG_DONTWAIT.
int connect_at_once(const io_uring_sqe& sqe) noexcept {
    const int flags = ::fcntl(sqe.fd, F_GETFL);
    const bool blocks = (flags & O_NONBLOCK) == 0;
    if (blocks)
        ::fcntl(sqe.fd, F_SETFL, flags | O_NONBLOCK);
    const int result =
        result_of(::connect(sqe.fd, pointer<sockaddr>(sqe.addr), static_cast<socklen_t>(sqe.off)));
    if (blocks)
        ::fcntl(sqe.fd, F_SETFL, flags);
    return result;
}

// After the first attempt, connect(2) tells whether the connection that it began is made.
std::optional<outcome> attempt(ring_state& /*ring*/, const io_uring_sqe& sqe, progress& so_far) {
    const int result = connect_at_once(sqe);
    if (result == -EINPROGRESS || result == -EAGAIN || result == -EINTR ||
        (so_far.waited && result == -EALREADY))
        return std::nullopt;
    return so_far.waited && result == -EISCONN ? 0 : result;
}

// Epoll does not tell of room in the backlog of a Unix socket.
bool waits_for_peer(const io_uring_sqe& sqe) noexcept {
    return looks_writable(sqe.fd);
}

void keep_address(waiting_operation& operation, kept_memory& kept) {
    keep_name(operation, kept, operation.off);
}

}  // namespace connect_op

extern const op_description connect{
    .at_descriptor = true,
    .waits_for = awaited::output,
    .attempt = connect_op::attempt,
    .waits_for_peer = connect_op::waits_for_peer,
    .keep = connect_op::keep_address,
};

}  // namespace ringlet::detail::epoll::op
