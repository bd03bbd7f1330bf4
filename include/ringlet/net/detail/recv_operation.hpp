#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>
#include <ringlet/net/detail/direction.hpp>

#include <cstddef>

namespace ringlet::detail {

/// Receives what has come on a stream socket, up to `size` bytes, waiting for at least one. Yields
/// the count; 0 is the end of the stream. recv(2), io_uring_prep_recv(3).
class recv_operation final : public ring_awaitable<recv_operation> {
public:
    /// Awaiting it throws std::system_error, or stores the error in `error`. The memory must last
    /// until the await is over.
    recv_operation(loop_core& core, int fd, void* data, std::size_t size, direction& incoming,
                   error_sink error) noexcept
        : ring_awaitable(core), fd_(fd), data_(data), size_(size < size_max ? size : size_max),
          incoming_(incoming), error_(error) {}

    bool await_suspend(suspension waiter) {
        incoming_.require_idle("recv");
        if (!ring_awaitable::await_suspend(waiter))
            return false;
        incoming_.begin(*this);
        return true;
    }

    std::size_t await_resume() const {
        incoming_.end(*this);
        incoming_.received(result_, core_->turn_began());
        if (result_ < 0 || error_.stores()) [[unlikely]]
            report(error_, "recv");
        return result_ < 0 ? 0 : static_cast<std::size_t>(result_);
    }

private:
    friend ring_awaitable;

    static constexpr std::size_t size_max = std::size_t{1} << 30U;  // an SQE's length has 32 bits

    void prepare(io_uring_sqe& sqe) override { io_uring_prep_recv(&sqe, fd_, data_, size_, 0); }
    readiness missing_readiness() noexcept override;

    int fd_;
    void* data_;
    std::size_t size_;
    direction& incoming_;
    error_sink error_;
};

}  // namespace ringlet::detail
