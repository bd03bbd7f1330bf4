#include <ringlet/net/detail/control_data.hpp>
#include <ringlet/net/detail/recv_burst_operation.hpp>

#include <netinet/in.h>
#include <netinet/udp.h>

namespace ringlet::detail {

void recv_burst_operation::prepare(io_uring_sqe& sqe) {
    recvmsg_operation::prepare(sqe);
    message_.header().msg_control = control_.data();
    message_.header().msg_controllen = control_.size();
}

received_burst recv_burst_operation::await_resume() {
    const received_datagram all = conclude();
    if (result_ < 0)
        return {};
    const std::size_t told = segment_size();
    return {all.size, all.original_size, told > 0 ? told : all.original_size, all.truncated};
}

/// The segment size that the kernel tells: 0 for a single datagram, of which it tells none.
std::size_t recv_burst_operation::segment_size() noexcept {
    int size = 0;
    control_data::find(message_.header(), IPPROTO_UDP, UDP_GRO, size);
    return static_cast<std::size_t>(size);
}

}  // namespace ringlet::detail
