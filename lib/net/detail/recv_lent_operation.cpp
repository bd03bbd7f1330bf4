#include <ringlet/net/detail/layer_side.hpp>
#include <ringlet/net/detail/recv_lent_operation.hpp>

#include <poll.h>

#include <algorithm>
#include <new>
#include <utility>

namespace ringlet::detail {

namespace {

/// Takes a buffer of the loop, and waits for one while all are lent.
class take_buffer final : public operation, private receive_buffers::receiver {
public:
    take_buffer(loop_core& core, std::byte*& buffer, std::error_code& error) noexcept
        : operation(core), buffer_(buffer), error_(error) {}

    bool await_ready() {
        if (admit())
            buffer_ = core_->buffers().take();
        return buffer_ != nullptr || (refused() && core_->may_complete_inline());
    }
    void await_suspend(suspension waiter) {
        if (refused()) {
            static_cast<void>(refuse(waiter));
            return;
        }
        suspend(waiter);
        core_->buffers().wait(*this);
    }
    void await_resume() const { report(error_, "recv"); }

    void cancel() override {
        receiver::unlink();
        resume_later(-ECANCELED);
    }

private:
    [[nodiscard]] receive_buffers::time_point waiting_since() const noexcept override {
        return suspended_at();
    }
    void yield_buffer() override {}  // it holds none while it waits
    void lend(std::byte* buffer) override {
        buffer_ = buffer;
        resume_later(0);
    }

    std::byte*& buffer_;
    std::error_code& error_;
};

/// Takes a buffer once there are bytes in `layer`, and receives them.
task<std::size_t> receive_lent(loop_core& core, stream_layer& layer, std::byte*& buffer,
                               std::error_code& error) {
    co_await layer.readable(error);
    if (!error)
        co_await take_buffer(core, buffer, error);
    if (error)
        co_return 0;
    co_return co_await layer.recv(mutable_buffer(buffer, core.buffers().size()), error);
}

}  // namespace

bool recv_lent_operation::await_suspend(suspension awaiting) {
    way_.require_idle(name);
    if (layer_side* const side = way_.layer())
        return begin_on_layer(*side, awaiting);
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

bool recv_lent_operation::begin_on_layer(layer_side& side, suspension waiter) {
    return side.begin(way_, waiter, [this](stream_layer& layer, std::error_code& error) {
        return receive_lent(*core_, layer, buffer_, error);
    });
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
