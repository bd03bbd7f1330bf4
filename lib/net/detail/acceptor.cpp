#include "acceptor.hpp"
#include "accept_error.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ringlet::detail {

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
    if (multishot_) {
        io_uring_prep_multishot_accept(&sqe, fd_, nullptr, nullptr, SOCK_CLOEXEC);
        return;
    }
    io_uring_prep_accept(&sqe, fd_, nullptr, nullptr, SOCK_CLOEXEC);
    // The ring attempts the accept before it looks at the cancel. (IORING_ACCEPT_DONTWAIT is of
    // Linux 6.10; O_NONBLOCK has no effect on an accept of io_uring: Linux 6.18.)
    cancel_in_ring();
}

void acceptor::start() {
    restart();
    begin();
}

// Where nothing keeps further clients out, no more than a whole backlog is taken.
task<std::error_code> acceptor::take_backlog() {
    multishot_ = false;
    for (int left = options_.backlog; left > 0; --left) {
        start();
        cancel();  // so that the operation ends also where no connection waits
        co_await settled();
        if (attempted_ < 0 && means_overload(-attempted_))
            co_return std::error_code(-attempted_, std::system_category());
        if (attempted_ < 0 && !concerns_one_client(-attempted_))
            break;
    }
    co_return std::error_code();
}

// Registers a descriptor that is on its way to a socket that will own it; an error stays one.
int acceptor::own(int result) noexcept {
    if (result < 0)
        return result;
    const int fd = core_->net().own(result);
    socket_.admit(core_->net(), fd);
    return fd;
}

void acceptor::discard(int fd) noexcept {
    core_->net().disown(fd);
    core_->net().close(fd);
}

// An accept that found no connection ends with -ECANCELED, which nobody has asked for. A socket
// that was handed over with O_NONBLOCK may give -EAGAIN.
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
        attempted_ = result;
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
