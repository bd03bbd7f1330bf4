#include <ringlet/net/detail/recvmsg_operation.hpp>

#include <poll.h>

namespace ringlet::detail {

void recvmsg_operation::prepare(io_uring_sqe& sqe) {
    message_.prepare(sqe, fd_, origin_.sender != nullptr);
    if (origin_.info != nullptr)
        message_.want_info();
}

ring_operation::readiness recvmsg_operation::missing_readiness() noexcept {
    return {fd_, POLLIN};
}

received_datagram recvmsg_operation::conclude() {
    end();
    if (result_ < 0 || error_.stores())
        report(error_, "recvmsg");
    if (result_ < 0)
        return {};
    if (origin_.sender != nullptr)
        *origin_.sender = message_.sender();
    if (origin_.info != nullptr)
        *origin_.info = message_.info();
    return message_.received(result_);
}

}  // namespace ringlet::detail
