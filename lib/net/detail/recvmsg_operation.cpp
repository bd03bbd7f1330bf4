#include <ringlet/net/detail/recvmsg_operation.hpp>

#include <poll.h>

#include <algorithm>

namespace ringlet::detail {

void recvmsg_operation::prepare(io_uring_sqe& sqe) {
    message_ = {};
    message_.msg_iov = &buffer_;
    message_.msg_iovlen = 1;
    if (sender_ != nullptr) {
        message_.msg_name = &name_;
        message_.msg_namelen = sizeof(name_);
    }
    // With MSG_TRUNC the result is the datagram's own size.
    io_uring_prep_recvmsg(&sqe, fd_, &message_, MSG_TRUNC);
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
    if (sender_ != nullptr)
        *sender_ = address::from(reinterpret_cast<const sockaddr*>(&name_), message_.msg_namelen);
    const auto original = static_cast<std::size_t>(result_);
    return {std::min(original, buffer_.iov_len), original, (message_.msg_flags & MSG_TRUNC) != 0};
}

}  // namespace ringlet::detail
