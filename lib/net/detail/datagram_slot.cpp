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
    return {*this, message_.data(), message_.received(result_), message_.sender(),
            info_wanted_ ? message_.info() : packet_info()};
}

void datagram_slot::give_back() noexcept {
    pool_.give_back(*this);
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
