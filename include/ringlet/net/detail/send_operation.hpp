#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/net/detail/stream_operation.hpp>

#include <cstddef>

namespace ringlet::detail {

/// Sends `size` bytes on a stream socket: as many as it takes at once, or all of them. Yields how
/// many were sent. send(2), io_uring_prep_send(3).
class send_operation final : public stream_awaitable<send_operation> {
public:
    static constexpr const char* name = "send";

    enum class amount { some, all };

    /// Awaiting it throws std::system_error, or stores the error in `error`. The memory must last
    /// until the await is over.
    send_operation(loop_core& core, int fd, const void* data, std::size_t size, amount wanted,
                   direction& outgoing, error_sink error) noexcept
        : stream_awaitable(core, fd, outgoing, error), wanted_(wanted),
          data_(static_cast<const std::byte*>(data)), size_(size) {}

    /// Nothing to send is done at once.
    [[nodiscard]] bool await_ready() noexcept { return ends_at_once(size_); }

    std::size_t await_resume() {
        end();
        if (result_ > 0)
            count(result_);
        if (result_ < 0 || error_.stores()) [[unlikely]]
            report(error_, name);
        return sent_;
    }

private:
    friend ring_awaitable;

    // One SQE carries at most this many bytes; its length and its result are 32 bits wide.
    static constexpr std::size_t chunk_max = std::size_t{1} << 30U;

    void prepare(io_uring_sqe& sqe) override {
        const std::size_t left = size_ - sent_;
        const std::size_t chunk = left < chunk_max ? left : chunk_max;
        int flags = MSG_NOSIGNAL;
        if (wanted_ == amount::all) {
            if (!way_.watched())
                flags |= MSG_WAITALL;  // the kernel goes on after a short send, most of the time
            enough_ = chunk == left ? static_cast<int>(chunk) : never_enough;
        }
        io_uring_prep_send(&sqe, fd_, data_ + sent_, chunk, flags);
    }
    void complete(const completion& cqe) override;
    readiness missing_readiness() noexcept override;

    void count(int sent) noexcept {
        sent_ += static_cast<std::size_t>(sent);
        way_.progress(static_cast<std::size_t>(sent), core_->turn_began());
    }

    amount wanted_;
    const std::byte* data_;
    std::size_t size_;
    std::size_t sent_ = 0;
};

}  // namespace ringlet::detail
