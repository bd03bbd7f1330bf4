#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/net/detail/layered_operation.hpp>
#include <ringlet/net/detail/unsent_buffers.hpp>

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>

namespace ringlet::detail {

/// Sends several buffers on a stream, in order and whole, without copying them together.
/// Yields how many bytes were sent. sendmsg(2), io_uring_prep_sendmsg(3).
class gathered_send_operation : public layered_awaitable<gathered_send_operation> {
public:
    static constexpr const char* name = "send";

    /// Awaiting it throws std::system_error, or stores the error in `error`. The buffers and their
    /// memory must last until the await is over.
    gathered_send_operation(loop_core& core, int fd, std::span<const const_buffer> buffers,
                            direction& outgoing, error_sink error) noexcept;

    /// Ends at once if there are no bytes to send.
    [[nodiscard]] bool await_ready() noexcept { return ends_at_once(size_ == 0); }

    bool await_suspend(suspension waiter);
    std::size_t await_resume();

private:
    friend ring_awaitable;

    // How many buffers one SQE carries; more take another.
    static constexpr std::size_t batch_max = 16;

    void prepare(io_uring_sqe& sqe) override;
    void complete(const completion& cqe) override;
    readiness missing_readiness() noexcept override;
    bool begin_on_layer(layer_side& side, suspension waiter) override;
    void take_count(std::size_t count) noexcept override { sent_ = count; }

    unsent_buffers left_;
    std::size_t size_;
    std::size_t sent_ = 0;
    msghdr message_{};
    std::array<iovec, batch_max> batch_;
};

}  // namespace ringlet::detail
