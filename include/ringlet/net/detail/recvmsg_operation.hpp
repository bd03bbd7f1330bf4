#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/ring_operation.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/detail/operation_group.hpp>
#include <ringlet/net/mutable_buffer.hpp>
#include <ringlet/net/received_datagram.hpp>

#include <sys/socket.h>

namespace ringlet::detail {

/// What the receives of datagrams have in common: the message, and from whom it is. recvmsg(2),
/// io_uring_prep_recvmsg(3).
class recvmsg_operation : public ring_operation {
protected:
    /// The sender's address goes to `sender`, if that is not nullptr. Awaiting it throws
    /// std::system_error, or stores the error in `error`. `pending` is the socket's, or nullptr for
    /// a descriptor that somebody keeps open meanwhile. All of them must last until the await is
    /// over.
    recvmsg_operation(loop_core& core, int fd, mutable_buffer buffer, address* sender,
                      operation_group* pending, error_sink error) noexcept
        : ring_operation(core), fd_(fd), buffer_{buffer.data(), buffer.size()}, sender_(sender),
          place_(pending, *this), error_(error) {}
    ~recvmsg_operation() = default;

    /// From suspending to `conclude`, it is pending on its socket.
    void suspend(suspension waiter) noexcept {
        ring_operation::suspend(waiter);
        place_.enter();
    }

    void prepare(io_uring_sqe& sqe) override;
    readiness missing_readiness() noexcept override;

    /// The last step: reports the error, if there was one, and says what has been received.
    received_datagram conclude();

    msghdr message_{};

private:
    int fd_;
    iovec buffer_;
    address* sender_;
    operation_group::place place_;
    error_sink error_;
    sockaddr_storage name_;
};

}  // namespace ringlet::detail
