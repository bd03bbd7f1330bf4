#pragma once

#include <ringlet/loop/detail/ring_awaitable.hpp>

#include <sys/socket.h>

namespace ringlet::detail {

/// Connects a socket. connect(2), io_uring_prep_connect(3).
class connect_operation final : public ring_awaitable<connect_operation> {
public:
    /// The address must last until the await has suspended.
    connect_operation(loop_core& core, int fd, const sockaddr* address, socklen_t size) noexcept
        : ring_awaitable(core), fd_(fd), address_(address), size_(size) {}

    /// The error, if there was one.
    [[nodiscard]] std::error_code await_resume() const noexcept { return error(); }

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override { io_uring_prep_connect(&sqe, fd_, address_, size_); }

    int fd_;
    const sockaddr* address_;
    socklen_t size_;
};

}  // namespace ringlet::detail
