#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/net/detail/layered_operation.hpp>

#include <cstddef>

namespace ringlet::detail {

/// Receives the bytes that have come on a stream, up to `size`, and waits for at least one.
/// Yields how many it has received; 0 is the end of the stream. recv(2), io_uring_prep_recv(3).
class recv_operation final : public layered_awaitable<recv_operation> {
public:
    static constexpr const char* name = "recv";

    /// Awaiting it throws std::system_error, or stores the error in `error`. The memory must last
    /// until the await is over.
    recv_operation(loop_core& core, int fd, void* data, std::size_t size, direction& incoming,
                   error_sink error) noexcept
        : layered_awaitable(core, fd, incoming, error), data_(data),
          size_(size < size_max ? size : size_max) {}

    std::size_t await_resume() {
        end();
        way_.received(result_, core_->turn_began());
        if (result_ < 0 || error_.stores()) [[unlikely]]
            report(error_, name);
        return result_ < 0 ? 0 : static_cast<std::size_t>(result_);
    }

private:
    friend ring_awaitable;

    static constexpr std::size_t size_max = std::size_t{1} << 30U;  // an SQE's length has 32 bits

    void prepare(io_uring_sqe& sqe) override { io_uring_prep_recv(&sqe, fd_, data_, size_, 0); }
    readiness missing_readiness() noexcept override;
    bool begin_on_layer(layer_side& side, suspension waiter) override;
    void take_count(std::size_t count) noexcept override { result_ = static_cast<int>(count); }

    void* data_;
    std::size_t size_;
};

}  // namespace ringlet::detail
