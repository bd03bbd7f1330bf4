#include <ringlet/loop/detail/ring_operation.hpp>

#include <cerrno>

namespace ringlet::detail {

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
    if (cqe.result == -EINTR && !cancel_requested_)
        restart();
    else
        finish(cqe.result == -EINTR ? -ECANCELED : cqe.result);
}

void ring_operation::restart() {
    cancel_requested_ = false;
    prepare(core_->begin(*this));
}

void ring_operation::restart_when_ready(int fd, short events) {
    if (cancel_requested_) {
        complete({0, -ECANCELED, 0});
        return;
    }
    io_uring_prep_poll_add(&core_->begin(*this), fd, static_cast<unsigned>(events));
    polling_ = true;
}

void ring_operation::deliver_unusual(const completion& cqe) {
    if (!polling_) {
        complete(cqe);
        return;
    }
    polling_ = false;
    if (cqe.result < 0 || cancel_requested_)
        complete({0, cqe.result < 0 ? cqe.result : -ECANCELED, 0});
    else
        restart();
}

}  // namespace ringlet::detail
