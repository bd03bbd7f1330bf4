#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/receive_buffers.hpp>
#include <ringlet/net/detail/layered_operation.hpp>
#include <ringlet/net/received_bytes.hpp>

namespace ringlet::detail {

/// Receives the bytes that have come on a stream, into a buffer that the loop lends. Yields them;
/// no bytes are the end of the stream. On a socket, with a buffer in hand, it waits in recv(2). If
/// receive_buffers gives it no buffer to wait with, or takes that buffer back, it waits in poll(2),
/// takes a buffer once bytes have come, and then calls recv(2). On a layer it takes a
/// buffer once the layer has bytes.
class recv_lent_operation final : public layered_awaitable<recv_lent_operation>,
                                  private receive_buffers::receiver {
public:
    static constexpr const char* name = "recv_lent";

    /// Awaiting it throws std::system_error, or stores the error in `error`.
    recv_lent_operation(loop_core& core, int fd, direction& incoming, error_sink error) noexcept
        : layered_awaitable(core, fd, incoming, error, never_enough) {}

    /// Throws std::bad_alloc.
    bool await_suspend(suspension awaiting);
    received_bytes await_resume();

    void cancel() override;

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override;
    void complete(const completion& cqe) override;

    [[nodiscard]] receive_buffers::time_point waiting_since() const noexcept override;
    void yield_buffer() override;
    void lend(std::byte* buffer) override;

    bool begin_on_layer(layer_side& side, suspension waiter) override;
    void take_count(std::size_t count) noexcept override { result_ = static_cast<int>(count); }

    void end_hold() noexcept;
    void poll();
    void receive();

    bool holding_ = false;   // waits with a buffer, known to the loop's buffers
    bool yielding_ = false;  // is to wait without
    std::byte* buffer_ = nullptr;
};

}  // namespace ringlet::detail
