#include <ringlet/net/detail/recv_operation.hpp>

#include <poll.h>

namespace ringlet::detail {

void recv_operation::complete(const completion& cqe) {
    if (cqe.result == -EAGAIN)
        restart_when_ready(fd_, POLLIN);
    else
        ring_operation::complete(cqe);
}

}  // namespace ringlet::detail
