#include <ringlet/net/detail/send_burst_operation.hpp>

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <stdexcept>

namespace ringlet::detail {

namespace {

std::size_t call_size(int protocol, std::size_t segment_size) noexcept {
    // Other sockets take no notice of UDP_SEGMENT, and would send all of it as one.
    if (protocol != IPPROTO_UDP || segment_size == 0)
        return segment_size;
    const std::size_t segments = std::min(send_burst_operation::call_segments_max,
                                          send_burst_operation::call_size_max / segment_size);
    return segment_size * std::max<std::size_t>(segments, 1);
}

/// Whether the kernel may have meant that it cannot cut here: the device has no checksums, or IPsec
/// is in the way (EIO); the segments are larger than the path takes whole (EINVAL, EMSGSIZE in
/// newer kernels). If it meant something else, it will say so again of a single datagram.
bool cannot_segment(int result) noexcept {
    return result == -EIO || result == -EINVAL || result == -EMSGSIZE;
}

}  // namespace

send_burst_operation::send_burst_operation(loop_core& core, int fd, int protocol, const_buffer data,
                                           std::size_t segment_size, datagram_route route,
                                           datagram_operations* pending, error_sink error)
    : ring_awaitable(core, fd, data, route, pending, error, never_enough),
      begin_(static_cast<const std::byte*>(data.data())), size_(data.size()),
      segment_size_(segment_size), call_size_(call_size(protocol, segment_size)) {
    if (segment_size == 0 && size_ > 0)
        throw std::invalid_argument("send_burst: the segment size must be 1 byte or more");
}

void send_burst_operation::prepare(io_uring_sqe& sqe) {
    data_.iov_base = const_cast<std::byte*>(begin_ + sent_);
    data_.iov_len = std::min(size_ - sent_, call_size_);
    sendmsg_operation::prepare(sqe);
    if (data_.iov_len <= segment_size_)
        return;
    const auto size = static_cast<std::uint16_t>(segment_size_);
    add_control(IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size));
}

void send_burst_operation::complete(const completion& cqe) {
    if (cqe.result >= 0) {
        const auto sent = static_cast<std::size_t>(cqe.result);
        count_sent(sent, sent > segment_size_ ? (sent + segment_size_ - 1) / segment_size_ : 1);
        sent_ += sent;
        forget_waiting();
        if (sent_ == size_)
            finish(0);
        else
            go_on();
    } else if (data_.iov_len > segment_size_ && cannot_segment(cqe.result)) {
        call_size_ = segment_size_;
        go_on();
    } else {
        sendmsg_operation::complete(cqe);
    }
}

std::size_t send_burst_operation::await_resume() {
    conclude();
    return sent_;
}

}  // namespace ringlet::detail
