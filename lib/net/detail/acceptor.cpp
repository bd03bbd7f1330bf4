#include "acceptor.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ringlet::detail {

namespace {

// Out of descriptors or memory: the client keeps waiting in the backlog, and an accept made again
// at once would fail again at once.
bool means_overload(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// This connection is lost, the next may do: an abort before it was accepted, or an error of the
// network that accept(2) passes on.
bool concerns_one_client(int error) noexcept {
    switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case EINTR:
        return true;
    default:
        return false;
    }
}

}  // namespace

int acceptor::take_held() noexcept {
    const int fd = ahead_.front();
    ahead_.pop_front();
    return fd;
}

void acceptor::discard_ahead() noexcept {
    std::ranges::for_each(std::exchange(ahead_, {}), [this](int fd) { discard(fd); });
}

void acceptor::abandon() {
    stop();
    discard_ahead();
    abandoned_ = true;
    if (!armed())
        delete this;
}

void acceptor::prepare(io_uring_sqe& sqe) {
    // The address is not asked for here: the few programs that want it call getpeername(2).
    if (multishot_)
        io_uring_prep_multishot_accept(&sqe, fd_, nullptr, nullptr, SOCK_CLOEXEC);
    else
        io_uring_prep_accept(&sqe, fd_, nullptr, nullptr, SOCK_CLOEXEC);
}

void acceptor::start() {
    restart();
    begin();
}

// Registers a descriptor that is on its way to a socket that will own it; an error stays one.
int acceptor::own(int result) noexcept {
    return result < 0 ? result : core_->net().own(result);
}

void acceptor::discard(int fd) noexcept {
    core_->net().disown(fd);
    core_->net().close(fd);
}

// A socket that was handed over with O_NONBLOCK gives -EAGAIN.
ring_operation::readiness acceptor::missing_readiness() noexcept {
    return {fd_, POLLIN};
}

void acceptor::complete(const completion& cqe) {
    const int result = own(cqe.result);
    if ((cqe.flags & IORING_CQE_F_MORE) == 0)
        end();
    if (abandoned_) {
        if (result >= 0)
            discard(result);
        if (!armed())
            delete this;
    } else if (stopped()) {
        if (result >= 0)
            ahead_.push_back(result);
    } else if (result >= 0) {
        accepted(result);
    } else {
        failed(-result);
    }
}

void acceptor::accepted(int fd) {
    pause_ = {};
    if (awaited()) {
        count_yielded();
        give(fd);
        return;
    }
    ahead_.push_back(fd);
    if (armed() && ahead_.size() >= options_.accepted_ahead_max)
        cancel();
}

void acceptor::failed(int error) {
    if (means_overload(error)) {
        pause(error);
    } else if (error == EINVAL && multishot_) {
        multishot_ = false;
        arm_if_awaited();
    } else if (concerns_one_client(error) || error == ECANCELED) {
        arm_if_awaited();  // otherwise the next accept arms
    } else if (awaited()) {
        give(-error);
    } else {
        set_pending_error(error);
    }
}

void acceptor::pause(int error) {
    const bool stuck_anew = pause_ == std::chrono::milliseconds::zero();
    pause_ = stuck_anew ? options_.overload_pause_first
                        : std::min(pause_ * 2, options_.overload_pause_max);
    arm_after(pause_);
    if (stuck_anew && overload_)
        overload_(std::error_code(error, std::system_category()), pause_);
}

}  // namespace ringlet::detail
