#include <ringlet/net/detail/received_message.hpp>

#include <algorithm>

namespace ringlet::detail {

void received_message::prepare(bool sender_wanted) noexcept {
    header_ = {};
    header_.msg_iov = &buffer_;
    header_.msg_iovlen = 1;
    if (sender_wanted) {
        header_.msg_name = &name_;
        header_.msg_namelen = sizeof(name_);
    }
}

void received_message::prepare(io_uring_sqe& sqe, int fd, bool sender_wanted,
                               unsigned flags) noexcept {
    prepare(sender_wanted);
    // With MSG_TRUNC the result is the datagram's own size.
    io_uring_prep_recvmsg(&sqe, fd, &header_, flags | MSG_TRUNC);
}

received_datagram received_message::received(int result) const noexcept {
    const auto original = static_cast<std::size_t>(result);
    return {std::min(original, buffer_.iov_len), original, (header_.msg_flags & MSG_TRUNC) != 0};
}

address received_message::sender() const noexcept {
    return address::from(reinterpret_cast<const sockaddr*>(&name_), header_.msg_namelen);
}

}  // namespace ringlet::detail
