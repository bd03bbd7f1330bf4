#include <ringlet/loop/recv_operation.hpp>

#include <poll.h>

namespace ringlet {

void recv_operation::complete(const completion& cqe) {
    if (cqe.result == -EAGAIN)
        restart_when_ready(fd_, POLLIN);
    else
        ring_operation::complete(cqe);
}

}  // namespace ringlet
