#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/outgoing_bytes.hpp>
#include <ringlet/net/detail/layered_operation.hpp>

#include <cstddef>

namespace ringlet::detail {

/// Sends `size` bytes on a stream: as many as the socket takes at once, or all of them.
/// Yields how many it has sent. send(2), io_uring_prep_send(3).
class send_operation final : public layered_awaitable<send_operation> {
public:
    static constexpr const char* name = "send";

    using extent = outgoing_bytes::extent;

    /// Awaiting it throws std::system_error, or stores the error in `error`. The memory must last
    /// until the await is over.
    send_operation(loop_core& core, int fd, const void* data, std::size_t size, extent wanted,
                   direction& outgoing, error_sink error) noexcept
        : layered_awaitable(core, fd, outgoing, error), bytes_(data, size, wanted) {}

    /// Ends at once if there are no bytes to send.
    [[nodiscard]] bool await_ready() noexcept { return ends_at_once(bytes_.empty()); }

    std::size_t await_resume() {
        end();
        if (result_ > 0)
            count(result_);
        if (result_ < 0 || error_.stores()) [[unlikely]]
            report(error_, name);
        return bytes_.gone();
    }

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override {
        const std::size_t chunk = bytes_.chunk();
        int flags = MSG_NOSIGNAL;
        if (bytes_.all_wanted()) {
            if (!way_.watched())
                flags |= MSG_WAITALL;  // the kernel goes on after a short send, most of the time
            enough_ = bytes_.enough(chunk);
        }
        io_uring_prep_send(&sqe, fd_, bytes_.next(), chunk, flags);
    }
    void complete(const completion& cqe) override;
    readiness missing_readiness() noexcept override;
    bool begin_on_layer(layer_side& side, suspension waiter) override;
    void take_count(std::size_t count) noexcept override { bytes_.note_gone(count); }

    void count(int sent) noexcept {
        bytes_.note_gone(static_cast<std::size_t>(sent));
        way_.progress(static_cast<std::size_t>(sent), core_->turn_began());
    }

    outgoing_bytes bytes_;
};

}  // namespace ringlet::detail
