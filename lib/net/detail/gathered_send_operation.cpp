#include <ringlet/net/detail/gathered_send_operation.hpp>
#include <ringlet/net/detail/layer_side.hpp>

#include <poll.h>

#include <algorithm>
#include <numeric>

namespace ringlet::detail {

gathered_send_operation::gathered_send_operation(loop_core& core, int fd,
                                                 std::span<const iovec> buffers,
                                                 direction& outgoing, error_sink error) noexcept
    : layered_awaitable(core, fd, outgoing, error, never_enough), buffers_(buffers),
      size_(std::transform_reduce(buffers.begin(), buffers.end(), std::size_t{0}, std::plus{},
                                  [](const iovec& buffer) { return buffer.iov_len; })) {}

bool gathered_send_operation::await_suspend(suspension waiter) {
    advance(0);
    if (!buffers_.empty() || way_.layer() != nullptr)
        return layered_awaitable::await_suspend(waiter);
    way_.require_idle(name);
    if (!admit())
        return refuse(waiter);
    operation::suspend(waiter);  // without being pending: the ring has nothing to do
    resume_later(0);
    return true;
}

std::size_t gathered_send_operation::await_resume() {
    end();
    report(error_, name);
    return sent_;
}

void gathered_send_operation::prepare(io_uring_sqe& sqe) {
    const std::size_t count = std::min(buffers_.size(), batch_max);
    std::copy_n(buffers_.begin(), count, batch_.begin());
    batch_[0].iov_base = static_cast<std::byte*>(batch_[0].iov_base) + offset_;
    batch_[0].iov_len -= offset_;
    message_.msg_iov = batch_.data();
    message_.msg_iovlen = count;
    const unsigned until_done = way_.watched() ? 0 : MSG_WAITALL;
    io_uring_prep_sendmsg(&sqe, fd_, &message_, MSG_NOSIGNAL | until_done);
}

void gathered_send_operation::complete(const completion& cqe) {
    if (cqe.result <= 0) {
        ring_operation::complete(cqe.result == 0 ? completion{0, -EPIPE, 0} : cqe);
        return;
    }
    advance(static_cast<std::size_t>(cqe.result));
    way_.progress(static_cast<std::size_t>(cqe.result), core_->turn_began());
    if (sent_ == size_)
        finish(0);
    else
        go_on();
}

ring_operation::readiness gathered_send_operation::missing_readiness() noexcept {
    return {fd_, POLLOUT};
}

bool gathered_send_operation::begin_on_layer(layer_side& side, suspension waiter) {
    return side.send_all(
        way_, waiter,
        std::span(reinterpret_cast<const const_buffer*>(buffers_.data()), buffers_.size()));
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
