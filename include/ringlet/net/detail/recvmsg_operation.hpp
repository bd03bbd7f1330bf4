#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/net/detail/datagram_operations.hpp>
#include <ringlet/net/detail/received_message.hpp>

namespace ringlet::detail {

/// Where a receive puts what it learns of a datagram, besides the bytes; nullptr for what is not
/// wanted.
struct datagram_origin {
    datagram_origin(address* sender_wanted, packet_info* info_wanted = nullptr) noexcept
        : sender(sender_wanted), info(info_wanted) {}

    address* sender;
    packet_info* info;
};

/// The common part of the operations that receive datagrams: the message, and its sender's address.
/// recvmsg(2), io_uring_prep_recvmsg(3).
class recvmsg_operation : public grouped_operation {
protected:
    /// The sender's address, and where the datagram came to, go to `origin`. Awaiting it throws
    /// std::system_error, or stores the error in `error`. `pending` is the socket's, or nullptr for
    /// a descriptor that the caller keeps open meanwhile. All of them must last until the await is
    /// over.
    recvmsg_operation(loop_core& core, int fd, mutable_buffer buffer, datagram_origin origin,
                      datagram_operations* pending, error_sink error) noexcept
        : grouped_operation(core, fd, pending), message_(buffer), origin_(origin), error_(error) {}
    ~recvmsg_operation() = default;

    void prepare(io_uring_sqe& sqe) override;
    readiness missing_readiness() noexcept override;

    /// Reports the error, if there was one, and gives the size of the datagram; the last step.
    received_datagram conclude();

    received_message message_;

private:
    datagram_origin origin_;
    error_sink error_;
};

}  // namespace ringlet::detail
