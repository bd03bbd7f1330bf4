#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>
#include <ringlet/net/detail/sendmsg_operation.hpp>

#include <cstddef>
#include <cstdint>

namespace ringlet::detail {

/// Sends data as datagrams of `segment_size` bytes each, in order, the last of which may be
/// shorter: many with one call, which the kernel, or the network card, cuts (UDP_SEGMENT, "generic
/// segmentation offload"). Yields how many bytes were sent.
///
/// Where the kernel cannot do that, it sends them one by one: at a Unix socket, or on a way that
/// does not have it, such as one through IPsec, or one that takes only smaller datagrams whole.
///
/// It may fail after some of them have gone: if it stores the error, it yields how many bytes had
/// gone. udp(7).
class send_burst_operation final : public ring_awaitable<send_burst_operation, sendmsg_operation> {
public:
    /// What one call carries at most: every kernel takes so many segments (UDP_MAX_SEGMENTS), and
    /// so many bytes leave room for the headers in what a device takes at once (gso_max_size, 64
    /// KiB); what is larger the kernel would cut in vain.
    static constexpr std::size_t call_segments_max = 64;
    static constexpr std::size_t call_size_max = 65'000;

    /// `protocol` is the socket's (SO_PROTOCOL): of IPPROTO_UDP the kernel can cut. The rest is as
    /// sendmsg_operation says. Throws std::invalid_argument for data in segments of 0 bytes.
    send_burst_operation(loop_core& core, int fd, int protocol, const_buffer data,
                         std::size_t segment_size, datagram_route route,
                         datagram_operations* pending, error_sink error);

    std::size_t await_resume();

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override;
    void complete(const completion& cqe) override;

    const std::byte* begin_;
    std::size_t size_;
    std::size_t sent_ = 0;
    std::size_t segment_size_;
    std::size_t call_size_;  // of every call but the last
};

}  // namespace ringlet::detail
