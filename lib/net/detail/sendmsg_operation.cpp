#include <ringlet/net/detail/client_failure.hpp>
#include <ringlet/net/detail/sendmsg_operation.hpp>

#include <poll.h>

#include <algorithm>
#include <utility>

namespace ringlet::detail {

void sendmsg_operation::prepare_message() noexcept {
    header_ = {};
    header_.msg_iov = &data_;
    header_.msg_iovlen = 1;
    if (route_.to != nullptr) {
        header_.msg_name = const_cast<sockaddr*>(route_.to->data());
        header_.msg_namelen = route_.to->size();
    }
    if (route_.from != nullptr && route_.from->known()) {
        header_.msg_control = control_.data();
        packet_info_control::append(header_, *route_.from);
    }
}

void sendmsg_operation::prepare(io_uring_sqe& sqe) {
    prepare_message();
    // Linux 6.18, where it has to wait for room itself at a Unix socket, may send an empty datagram
    // instead of the data; so it is not asked to wait.
    io_uring_prep_sendmsg(&sqe, fd_, &header_, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool sendmsg_operation::send_alone() {
    if (cancel_requested())
        return false;
    restart();
    return true;
}

// A poll of a Unix socket that is not connected knows nothing of room at the receiver, but waits
// until other receivers have taken most of what they were sent (unix_writable): only trying again
// helps, and so it does after any poll in vain.
ring_operation::readiness sendmsg_operation::missing_readiness() noexcept {
    const bool unconnected_unix = route_.to != nullptr && route_.to->family() == AF_UNIX;
    if (std::exchange(waits_, true) || !begin_wait() || unconnected_unix)
        return {};
    return {fd_, POLLOUT};
}

/// Whether the operation may wait for room at all.
bool sendmsg_operation::begin_wait() noexcept {
    if (group_ == nullptr || socket_sends().wait_limit() == nullptr)
        return true;
    const timer::time_point now = core_->now();
    wait_ = socket_sends().wait_limit()->begin(route_.to, now);
    core_->timers().arm(*this, wait_->until);
    return wait_->until > now;
}

void sendmsg_operation::end_wait() noexcept {
    core_->timers().disarm(*this);
    socket_sends().wait_limit()->end(*wait_);
    wait_.reset();
}

// ENOBUFS is about the queue of the device, or memory, of which poll(2) knows nothing.
void sendmsg_operation::complete(const completion& cqe) {
    if (cqe.result != -EAGAIN && cqe.result != -ENOBUFS) {
        ring_operation::complete(cqe);
    } else if (cancel_requested()) {
        finish(-ECANCELED);
    } else {
        if (!std::exchange(waits_, true))
            static_cast<void>(begin_wait());
        pausing_ = true;
        pause_ = std::clamp(pause_ * 2, pause_first, pause_max);
        const timer::time_point next_attempt = core_->now() + pause_;
        core_->timers().disarm(*this);
        core_->timers().arm(*this, wait_ ? std::min(next_attempt, wait_->until) : next_attempt);
    }
}

void sendmsg_operation::expire() {
    if (!wait_ || deadline() < wait_->until) {
        pausing_ = false;
        restart();
    } else if (!cancel_requested()) {
        given_up_ = true;
        time_out();
    }
}

void sendmsg_operation::cancel() {
    if (!std::exchange(pausing_, false)) {
        ring_operation::cancel();
        return;
    }
    core_->timers().disarm(*this);
    resume_later(-ECANCELED);
}

void sendmsg_operation::conclude() {
    end();
    if (wait_) [[unlikely]]
        end_wait();
    if (result_ < 0 || error_.stores()) [[unlikely]]
        report_end();
}

void sendmsg_operation::report_end() {
    const bool to_nobody = route_.to != nullptr && route_.to->family() == AF_UNSPEC;
    if (to_nobody && (result_ == -EINVAL || result_ == -ENOTCONN))
        result_ = -EDESTADDRREQ;  // whose name in the kernel depends on the kind of socket
    if (given_up_ && result_ < 0) {
        socket_sends().wait_limit()->gave_up(route_.to);
        if (!error_.stores())
            throw client_failure(error(), "sendmsg");
    }
    report(error_, "sendmsg");
}

}  // namespace ringlet::detail
