#include <ringlet/net/detail/sendmsg_operation.hpp>

#include <poll.h>

#include <algorithm>
#include <utility>

namespace ringlet::detail {

void sendmsg_operation::prepare(io_uring_sqe& sqe) {
    message_ = {};
    message_.msg_iov = &data_;
    message_.msg_iovlen = 1;
    if (route_.to != nullptr) {
        message_.msg_name = const_cast<sockaddr*>(route_.to->data());
        message_.msg_namelen = route_.to->size();
    }
    if (route_.from != nullptr && route_.from->known()) {
        message_.msg_control = control_.data();
        packet_info_control::append(message_, *route_.from);
    }
    // Linux 6.18, where it has to wait for room itself at a Unix socket, may send an empty datagram
    // instead of the data; so it is not asked to wait.
    io_uring_prep_sendmsg(&sqe, fd_, &message_, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// A Unix socket that is not connected counts as writable though its receiver has no room: after a
// poll in vain only trying again helps.
ring_operation::readiness sendmsg_operation::missing_readiness() noexcept {
    return std::exchange(polled_, true) ? readiness{} : readiness{fd_, POLLOUT};
}

void sendmsg_operation::complete(const completion& cqe) {
    if (cqe.result != -EAGAIN) {
        ring_operation::complete(cqe);
    } else if (cancel_requested()) {
        finish(-ECANCELED);
    } else {
        pause_ = std::clamp(pause_ * 2, pause_first, pause_max);
        core_->timers().arm(*this, core_->now() + pause_);
    }
}

void sendmsg_operation::cancel() {
    if (core_->timers().disarm(*this))
        resume_later(-ECANCELED);
    else
        ring_operation::cancel();
}

void sendmsg_operation::conclude() {
    end();
    const bool to_nobody = route_.to != nullptr && route_.to->family() == AF_UNSPEC;
    if (to_nobody && (result_ == -EINVAL || result_ == -ENOTCONN))
        result_ = -EDESTADDRREQ;  // whose name in the kernel depends on the kind of socket
    if (result_ < 0 || error_.stores())
        report(error_, "sendmsg");
}

}  // namespace ringlet::detail
