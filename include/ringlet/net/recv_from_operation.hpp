#pragma once

#include <ringlet/loop/operation_group.hpp>
#include <ringlet/loop/ring_awaitable.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/mutable_buffer.hpp>
#include <ringlet/net/received_datagram.hpp>

#include <sys/socket.h>

namespace ringlet {

/// Receives one datagram. recvmsg(2), io_uring_prep_recvmsg(3).
class recv_from_operation final : public ring_awaitable<recv_from_operation> {
public:
    /// The sender's address goes to `sender`, if that is not nullptr; the error to `error`, or it
    /// is thrown where that is nullptr. `pending` is the socket's, or nullptr for a descriptor that
    /// somebody keeps open meanwhile. All of them must last until the await is over.
    recv_from_operation(loop& owner, int fd, mutable_buffer buffer, address* sender,
                        operation_group* pending, std::error_code* error) noexcept
        : ring_awaitable(owner), fd_(fd), buffer_{buffer.data(), buffer.size()}, sender_(sender),
          place_(pending, *this), error_(error) {}

    bool await_suspend(suspension waiter) {
        if (!ring_awaitable::await_suspend(waiter))
            return false;
        place_.enter();
        return true;
    }
    received_datagram await_resume();

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override;
    void complete(const completion& cqe) override;

    int fd_;
    iovec buffer_;
    address* sender_;
    operation_group::place place_;
    std::error_code* error_;
    msghdr message_{};
    sockaddr_storage name_;
};

}  // namespace ringlet
