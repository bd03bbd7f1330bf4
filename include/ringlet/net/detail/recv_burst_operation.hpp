#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>
#include <ringlet/net/detail/recvmsg_operation.hpp>
#include <ringlet/net/received_datagram.hpp>

#include <array>
#include <cstddef>

namespace ringlet::detail {

/// Receives datagrams of one sender that have come together, on a socket with UDP_GRO ("generic
/// receive offload"), or one datagram on any other socket. udp(7).
class recv_burst_operation final : public ring_awaitable<recv_burst_operation, recvmsg_operation> {
public:
    /// See recvmsg_operation for the parameters.
    recv_burst_operation(loop_core& core, int fd, mutable_buffer buffer, datagram_origin origin,
                         datagram_operations* pending, error_sink error) noexcept
        : ring_awaitable(core, fd, buffer, origin, pending, error) {}

    received_burst await_resume();

private:
    friend ring_awaitable;

    // For the segment size and a packet_info, behind what other options of the socket have the
    // kernel tell, such as a time stamp.
    static constexpr std::size_t control_size = 128;

    void prepare(io_uring_sqe& sqe) override;
    [[nodiscard]] std::size_t segment_size() noexcept;

    alignas(cmsghdr) std::array<std::byte, control_size> control_;
};

}  // namespace ringlet::detail
