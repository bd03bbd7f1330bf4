#include <ringlet/net/detail/gathered_send_operation.hpp>

#include <poll.h>

#include <algorithm>
#include <numeric>

namespace ringlet::detail {

gathered_send_operation::gathered_send_operation(loop_core& core, int fd,
                                                 std::span<const iovec> buffers,
                                                 direction& outgoing, error_sink error) noexcept
    : ring_awaitable(core, never_enough), fd_(fd), buffers_(buffers),
      size_(std::transform_reduce(buffers.begin(), buffers.end(), std::size_t{0}, std::plus{},
                                  [](const iovec& buffer) { return buffer.iov_len; })),
      outgoing_(outgoing), error_(error) {}

bool gathered_send_operation::await_suspend(suspension waiter) {
    outgoing_.require_idle("send");
    advance(0);
    if (buffers_.empty()) {
        if (!admit())
            return false;
        suspend(waiter);
        resume_later(0);
        return true;
    }
    if (!ring_awaitable::await_suspend(waiter))
        return false;
    outgoing_.begin(*this);
    return true;
}

std::size_t gathered_send_operation::await_resume() {
    outgoing_.end(*this);
    report(error_, "send");
    return sent_;
}

void gathered_send_operation::prepare(io_uring_sqe& sqe) {
    const std::size_t count = std::min(buffers_.size(), batch_max);
    std::copy_n(buffers_.begin(), count, batch_.begin());
    batch_[0].iov_base = static_cast<std::byte*>(batch_[0].iov_base) + offset_;
    batch_[0].iov_len -= offset_;
    message_.msg_iov = batch_.data();
    message_.msg_iovlen = count;
    const unsigned until_done = outgoing_.watched() ? 0 : MSG_WAITALL;
    io_uring_prep_sendmsg(&sqe, fd_, &message_, MSG_NOSIGNAL | until_done);
}

void gathered_send_operation::complete(const completion& cqe) {
    if (cqe.result <= 0) {
        ring_operation::complete(cqe.result == 0 ? completion{0, -EPIPE, 0} : cqe);
        return;
    }
    advance(static_cast<std::size_t>(cqe.result));
    outgoing_.progress(static_cast<std::size_t>(cqe.result), core_->turn_began());
    if (sent_ == size_)
        finish(0);
    else if (cancel_requested())
        finish(-ECANCELED);
    else
        restart();
}

ring_operation::readiness gathered_send_operation::missing_readiness() noexcept {
    return {fd_, POLLOUT};
}

// Goes past empty buffers too, so that there is always a byte to send at the front.
void gathered_send_operation::advance(std::size_t sent) noexcept {
    sent_ += sent;
    offset_ += sent;
    while (!buffers_.empty() && offset_ >= buffers_.front().iov_len) {
        offset_ -= buffers_.front().iov_len;
        buffers_ = buffers_.subspan(1);
    }
}

}  // namespace ringlet::detail
