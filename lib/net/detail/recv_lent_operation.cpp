#include <ringlet/net/detail/recv_lent_operation.hpp>

#include <poll.h>

#include <algorithm>
#include <new>
#include <utility>

namespace ringlet::detail {

bool recv_lent_operation::await_suspend(suspension awaiting) {
    way_.require_idle(name);
    if (!admit())
        return refuse(awaiting);
    buffer_ = core_->buffers().take_to_hold(*this, core_->turn_began());
    holding_ = buffer_ != nullptr;
    prepare(core_->begin(*this));
    suspend(awaiting);
    return true;
}

void recv_lent_operation::prepare(io_uring_sqe& sqe) {
    if (buffer_ == nullptr)
        io_uring_prep_poll_add(&sqe, fd_, POLLIN);
    else
        io_uring_prep_recv(&sqe, fd_, buffer_, core_->buffers().size(), 0);
}

void recv_lent_operation::complete(const completion& cqe) {
    const bool polled = buffer_ == nullptr;
    const bool nothing_yet =
        cqe.result == -EAGAIN || cqe.result == -EINTR || (cqe.result == -ECANCELED && yielding_);
    end_hold();
    if (polled ? cqe.result < 0 : !nothing_yet)
        ring_operation::complete(cqe);
    else if (cancel_requested())
        finish(-ECANCELED);
    else if (polled)
        receive();
    else
        poll();
}

void recv_lent_operation::poll() {
    yielding_ = false;
    core_->buffers().give_back(std::exchange(buffer_, nullptr));
    restart();
}

void recv_lent_operation::receive() {
    try {
        buffer_ = core_->buffers().take();
    } catch (const std::bad_alloc&) {
        finish(-ENOMEM);
        return;
    }
    if (buffer_ != nullptr)
        restart();
    else
        core_->buffers().wait(*this);
}

receive_buffers::time_point recv_lent_operation::waiting_since() const noexcept {
    return suspended_at();
}

void recv_lent_operation::yield_buffer() {
    holding_ = false;
    yielding_ = true;
    cancel_in_ring();
}

void recv_lent_operation::lend(std::byte* buffer) {
    buffer_ = buffer;
    restart();
}

void recv_lent_operation::cancel() {
    if (!holding_ && receiver::linked()) {
        receiver::unlink();
        resume_later(-ECANCELED);
    } else {
        ring_awaitable::cancel();
    }
}

void recv_lent_operation::end_hold() noexcept {
    if (std::exchange(holding_, false))
        core_->buffers().end_hold(*this);
}

received_bytes recv_lent_operation::await_resume() {
    end();
    way_.received(result_, core_->turn_began());
    received_bytes received(core_->buffers(), std::exchange(buffer_, nullptr),
                            static_cast<std::size_t>(std::max(result_, 0)));
    if (result_ < 0 || error_.stores()) [[unlikely]]
        report(error_, "recv");
    return received;
}

}  // namespace ringlet::detail
