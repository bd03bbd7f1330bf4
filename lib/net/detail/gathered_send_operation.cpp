#include <ringlet/net/detail/gathered_send_operation.hpp>
#include <ringlet/net/detail/layer_side.hpp>

#include <poll.h>

namespace ringlet::detail {

gathered_send_operation::gathered_send_operation(loop_core& core, int fd,
                                                 std::span<const const_buffer> buffers,
                                                 direction& outgoing, error_sink error) noexcept
    : layered_awaitable(core, fd, outgoing, error, never_enough), left_(buffers),
      size_(total_size(buffers)) {}

bool gathered_send_operation::await_suspend(suspension waiter) {
    if (!left_.empty() || way_.layer() != nullptr)
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
    message_.msg_iov = batch_.data();
    message_.msg_iovlen = left_.copy_front(batch_);
    const unsigned until_done = way_.watched() ? 0 : MSG_WAITALL;
    io_uring_prep_sendmsg(&sqe, fd_, &message_, MSG_NOSIGNAL | until_done);
}

void gathered_send_operation::complete(const completion& cqe) {
    if (cqe.result <= 0) {
        ring_operation::complete(cqe.result == 0 ? completion{0, -EPIPE, 0} : cqe);
        return;
    }
    sent_ += static_cast<std::size_t>(cqe.result);
    left_.consume(static_cast<std::size_t>(cqe.result));
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
    return side.send_all(way_, waiter, left_.buffers());
}

}  // namespace ringlet::detail
