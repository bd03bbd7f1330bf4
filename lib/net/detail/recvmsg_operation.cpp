#include <ringlet/net/detail/recvmsg_operation.hpp>

#include <poll.h>

namespace ringlet::detail {

ring_operation::readiness recvmsg_operation::missing_readiness() noexcept {
    return {fd_, POLLIN};
}

received_datagram recvmsg_operation::conclude() {
    end();
    if (result_ < 0 || error_.stores())
        report(error_, "recvmsg");
    if (result_ < 0)
        return {};
    if (sender_ != nullptr)
        *sender_ = message_.sender();
    return message_.received(result_);
}

}  // namespace ringlet::detail
