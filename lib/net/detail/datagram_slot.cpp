#include "datagram_slot.hpp"
#include "datagram_pool.hpp"

#include <poll.h>

#include <algorithm>

namespace ringlet::detail {

void datagram_slot::receive(bool wait) {
    waits_ = wait;
    begin();
    restart();
}

datagram datagram_slot::lend() noexcept {
    const auto original = static_cast<std::size_t>(result_);
    return {*this, static_cast<std::byte*>(buffer_.iov_base),
            received_datagram{std::min(original, buffer_.iov_len), original,
                              (message_.msg_flags & MSG_TRUNC) != 0},
            address::from(reinterpret_cast<const sockaddr*>(&name_), message_.msg_namelen)};
}

void datagram_slot::give_back() noexcept {
    pool_.give_back(*this);
}

void datagram_slot::prepare(io_uring_sqe& sqe) {
    message_ = {};
    message_.msg_name = &name_;
    message_.msg_namelen = sizeof(name_);
    message_.msg_iov = &buffer_;
    message_.msg_iovlen = 1;
    // With MSG_TRUNC the result is the datagram's own size.
    const unsigned flags = waits_ ? MSG_TRUNC : MSG_TRUNC | MSG_DONTWAIT;
    io_uring_prep_recvmsg(&sqe, fd_, &message_, flags);
}

void datagram_slot::complete(const completion& cqe) {
    result_ = cqe.result;
    end();
    pool_.ended(*this);
}

ring_operation::readiness datagram_slot::missing_readiness() noexcept {
    return waits_ ? readiness{fd_, POLLIN} : readiness{};
}

}  // namespace ringlet::detail
