#include "datagram_slot.hpp"
#include "datagram_pool.hpp"

#include <poll.h>

namespace ringlet::detail {

void datagram_slot::receive(bool wait) {
    waits_ = wait;
    begin();
    restart();
}

datagram datagram_slot::lend() noexcept {
    contents_.bytes = message_.data();
    contents_.size = message_.received(result_);
    contents_.sender = message_.sender();
    if (info_wanted_)
        contents_.info = message_.info();
    contents_.lender = this;
    return datagram(contents_);
}

void datagram_slot::give_back() noexcept {
    pool_.give_back(*this);
}

void datagram_slot::prepare(mmsghdr& header) noexcept {
    message_.prepare(true);
    if (info_wanted_)
        message_.want_info();
    header.msg_hdr = message_.header();
}

void datagram_slot::received(const mmsghdr& header) noexcept {
    message_.header() = header.msg_hdr;
    result_ = static_cast<int>(header.msg_len);
}

void datagram_slot::prepare(io_uring_sqe& sqe) {
    message_.prepare(sqe, fd_, true, waits_ ? 0 : MSG_DONTWAIT);
    if (info_wanted_)
        message_.want_info();
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
