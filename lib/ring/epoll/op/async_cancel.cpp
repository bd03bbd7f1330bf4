#include "ring/epoll/op_description.hpp"
#include "ring/epoll/ring_state.hpp"

#include <fcntl.h>

#include <cerrno>

namespace ringlet::detail::epoll::op {

namespace async_cancel_op {

std::optional<outcome> attempt(ring_state& ring, const io_uring_sqe& sqe, progress& /*so_far*/) {
    const unsigned flags = sqe.cancel_flags;
    constexpr unsigned known =
        IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_FD;
    if ((flags & ~known) != 0)
        return -EINVAL;
    const bool by_number = (flags & IORING_ASYNC_CANCEL_FD) != 0;
    if (by_number && ::fcntl(sqe.fd, F_GETFD) < 0)
        return -errno;
    const auto matches = [&](const waiting_operation& operation) {
        if ((flags & IORING_ASYNC_CANCEL_ANY) != 0)
            return true;
        if (by_number)
            return operation.fd == sqe.fd && operation.waits_for != awaited::nothing;
        return operation.user_data == sqe.addr;
    };
    const operation_index& operations = ring.waiting.operations();
    if ((flags & (IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY)) != 0) {
        int count = 0;
        for (waiting_operation* operation : operations.matching(matches))
            count += ring.waiting.cancel(*operation) ? 1 : 0;
        return count;
    }
    waiting_operation* const found =
        by_number ? operations.find_if(matches) : operations.find(sqe.addr);
    if (found == nullptr)
        return -ENOENT;
    return ring.waiting.cancel(*found) ? 0 : -EALREADY;
}

}  // namespace async_cancel_op

extern const op_description async_cancel{.attempt = async_cancel_op::attempt};

}  // namespace ringlet::detail::epoll::op
