#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>
#include <ringlet/net/detail/sendmsg_operation.hpp>

#include <cstddef>
#include <cstdint>

namespace ringlet::detail {

/// Sends data as datagrams of `segment_size` bytes each, in order; the last one may be shorter. One
/// call sends many of them: the kernel, or the network card, cuts the data (UDP_SEGMENT, "generic
/// segmentation offload"). Yields how many bytes were sent.
///
/// If the kernel cannot do that, the operation sends the datagrams one by one: on a Unix socket, on
/// a way without segmentation, such as one through IPsec, or on a way that takes only smaller
/// datagrams whole.
///
/// It may fail after some datagrams have gone: if it stores the error, it yields how many bytes had
/// gone. udp(7).
class send_burst_operation final : public ring_awaitable<send_burst_operation, sendmsg_operation> {
public:
    /// The most segments that one call carries: every kernel takes so many (UDP_MAX_SEGMENTS).
    static constexpr std::size_t call_segments_max = 64;

    /// The most bytes that one call carries: they leave room for the headers in the bytes that a
    /// device takes at once (gso_max_size, 64 KiB). The kernel would cut more in vain.
    static constexpr std::size_t call_size_max = 65'000;

    /// `protocol` is the socket's (SO_PROTOCOL): the kernel can cut the data of IPPROTO_UDP only.
    /// See sendmsg_operation for the other parameters. Throws std::invalid_argument for data in
    /// segments of 0 bytes.
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
