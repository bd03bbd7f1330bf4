#include "ring/epoll/op_description.hpp"
#include "system_call.hpp"

#include <unistd.h>

namespace ringlet::detail::epoll::op {

namespace fsync_op {

bool accepts(const io_uring_sqe& sqe) noexcept {
    return (sqe.fsync_flags & ~unsigned{IORING_FSYNC_DATASYNC}) == 0;
}

int work(const waiting_operation& operation) noexcept {
    return result_of(uninterrupted([&] {
        return (operation.fsync_flags & IORING_FSYNC_DATASYNC) != 0 ? ::fdatasync(operation.fd)
                                                                    : ::fsync(operation.fd);
    }));
}

}  // namespace fsync_op

extern const op_description fsync{
    .accepts = fsync_op::accepts,
    .waits_for = awaited::worker,
    .work = fsync_op::work,
};

}  // namespace ringlet::detail::epoll::op
