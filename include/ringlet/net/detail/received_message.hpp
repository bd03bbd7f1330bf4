#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/detail/packet_info_control.hpp>
#include <ringlet/net/mutable_buffer.hpp>
#include <ringlet/net/received_datagram.hpp>

#include <liburing.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>

namespace ringlet::detail {

/// The memory that one RECVMSG fills: a datagram and its sender's address. recvmsg(2),
/// io_uring_prep_recvmsg(3).
class received_message {
public:
    explicit received_message(mutable_buffer buffer) noexcept
        : buffer_{buffer.data(), buffer.size()} {}
    received_message(const received_message&) = delete;
    received_message& operator=(const received_message&) = delete;

    /// Prepares `sqe` to receive a datagram from the socket `fd`, and its sender's address if that
    /// is wanted. `flags` are those of recvmsg(2), besides MSG_TRUNC.
    void prepare(io_uring_sqe& sqe, int fd, bool sender_wanted, unsigned flags = 0) noexcept;

    /// Prepares the header of the message, for a call outside of the ring.
    void prepare(bool sender_wanted) noexcept;

    /// The size of the datagram, for a receive that ended with `result` bytes.
    [[nodiscard]] received_datagram received(int result) const noexcept;

    /// The address of the datagram's sender.
    [[nodiscard]] address sender() const noexcept;

    /// Has the kernel tell where the datagram came to, once `sqe` is prepared.
    void want_info() noexcept {
        header_.msg_control = info_.data();
        header_.msg_controllen = info_.size();
    }

    /// Where the datagram came to, if the kernel was to tell it and has.
    [[nodiscard]] packet_info info() noexcept { return packet_info_control::read(header_); }

    /// The memory into which the kernel has put the bytes.
    [[nodiscard]] std::byte* data() const noexcept {
        return static_cast<std::byte*>(buffer_.iov_base);
    }

    /// The header of the message, for control messages, once `sqe` is prepared. cmsg(3).
    [[nodiscard]] msghdr& header() noexcept { return header_; }

private:
    iovec buffer_;
    msghdr header_{};
    sockaddr_storage name_;
    alignas(cmsghdr) std::array<std::byte, packet_info_control::size_max> info_;
};

}  // namespace ringlet::detail
