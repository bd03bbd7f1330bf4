#include <ringlet/loop/detail/ring_operation.hpp>

#include <cerrno>
#include <utility>

namespace ringlet::detail {

namespace {

// The kernel's own names for a call to be made again: linux/errno.h. A thread of io_uring that is
// interrupted in an open of a FIFO, say, lets them out (Linux 6.18).
constexpr int erestartsys = 512;
constexpr int erestartnointr = 513;
constexpr int erestartnohand = 514;
constexpr int erestart_restartblock = 516;

bool was_interrupted(int result) noexcept {
    return result == -EINTR || result == -erestartsys || result == -erestartnointr ||
           result == -erestartnohand || result == -erestart_restartblock;
}

}  // namespace

void ring_operation::cancel() {
    if (cancel_requested_)
        return;
    cancel_requested_ = true;
    cancel_in_ring();
}

void ring_operation::cancel_in_ring() {
    // It stands behind the operation's own SQE, and before any of a later one at this address.
    io_uring_prep_cancel64(&core_->next_sqe(), reinterpret_cast<std::uintptr_t>(this), 0);
}

void ring_operation::complete(const completion& cqe) {
    const bool interrupted = was_interrupted(cqe.result);
    if (interrupted && !cancel_requested_)
        restart();
    else
        finish(interrupted ? -ECANCELED : cqe.result);
}

void ring_operation::restart() {
    cancel_requested_ = false;
    prepare(core_->begin(*this));
}

void ring_operation::go_on() {
    if (cancel_requested_)
        finish(-ECANCELED);
    else
        restart();
}

void ring_operation::restart_when(const readiness& missing) {
    if (cancel_requested_) {
        complete({0, -ECANCELED, 0});
        return;
    }
    io_uring_prep_poll_add(&core_->begin(*this), missing.fd, static_cast<unsigned>(missing.events));
    polling_ = true;
    result_ = std::exchange(enough_, never_enough);  // kept for afterwards: nobody asks meanwhile
}

void ring_operation::deliver_unusual(const completion& cqe) {
    if (polling_) {
        poll_ended(cqe.result);
        return;
    }
    const readiness missing = must_be_made_again(cqe.result) ? missing_readiness() : readiness{};
    if (missing.fd >= 0)
        restart_when(missing);
    else
        complete(cqe);
}

// io_uring hands a call to a worker thread when its own polls were in vain too often. Where it can
// make no thread, since signals interrupt it each time, the call ends with -ECANCELED, which nobody
// has asked for (Linux 6.18: io_wq_enqueue).
bool ring_operation::must_be_made_again(int result) const noexcept {
    return result == -EAGAIN || (result == -ECANCELED && !cancel_requested_ && !core_->closing());
}

void ring_operation::poll_ended(int result) {
    polling_ = false;
    enough_ = std::exchange(result_, 0);
    if (result < 0 || cancel_requested_)
        complete({0, result < 0 ? result : -ECANCELED, 0});
    else
        restart();
}

}  // namespace ringlet::detail
