#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/mutable_buffer.hpp>
#include <ringlet/net/received_datagram.hpp>

#include <liburing.h>
#include <sys/socket.h>

namespace ringlet::detail {

/// The memory that one RECVMSG fills: a datagram, and from whom it is. recvmsg(2),
/// io_uring_prep_recvmsg(3).
class received_message {
public:
    explicit received_message(mutable_buffer buffer) noexcept
        : buffer_{buffer.data(), buffer.size()} {}
    received_message(const received_message&) = delete;
    received_message& operator=(const received_message&) = delete;

    /// Prepares `sqe` to receive a datagram at the socket `fd`, and its sender's address if that is
    /// wanted. `flags` are recvmsg(2)'s, besides MSG_TRUNC.
    void prepare(io_uring_sqe& sqe, int fd, bool sender_wanted, unsigned flags = 0) noexcept;

    /// For a receive that ended with `result` bytes.
    [[nodiscard]] received_datagram received(int result) const noexcept;

    [[nodiscard]] address sender() const noexcept;

    /// Where the kernel put the bytes.
    [[nodiscard]] std::byte* data() const noexcept {
        return static_cast<std::byte*>(buffer_.iov_base);
    }

    /// For what else the kernel is to tell, once `sqe` is prepared.
    [[nodiscard]] msghdr& header() noexcept { return header_; }

private:
    iovec buffer_;
    msghdr header_{};
    sockaddr_storage name_;
};

}  // namespace ringlet::detail
