#pragma once

#include <ringlet/loop/operation_group.hpp>
#include <ringlet/loop/ring_awaitable.hpp>
#include <ringlet/loop/timer.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/const_buffer.hpp>

#include <sys/socket.h>

#include <chrono>

namespace ringlet {

/// Sends one datagram, waiting while there is no room for it. Yields its size. Any number may be
/// pending on one socket, in any number of loops; they may overtake each other. sendmsg(2),
/// io_uring_prep_sendmsg(3).
class send_to_operation final : public ring_awaitable<send_to_operation>, private timer {
public:
    /// Sends through a descriptor that somebody keeps open until the await is over. The error goes
    /// to `error`, or is thrown where that is nullptr. The data and the address must last as long.
    send_to_operation(loop& owner, int fd, const_buffer data, const address& to,
                      std::error_code* error) noexcept
        : send_to_operation(owner, fd, data, &to, nullptr, error) {}

    /// To the socket's peer where `to` is nullptr. `pending` is the socket's, or nullptr.
    send_to_operation(loop& owner, int fd, const_buffer data, const address* to,
                      operation_group* pending, std::error_code* error) noexcept
        : ring_awaitable(owner), fd_(fd), data_{const_cast<void*>(data.data()), data.size()},
          to_(to), place_(pending, *this), error_(error) {}

    bool await_suspend(suspension waiter) {
        if (!ring_awaitable::await_suspend(waiter))
            return false;
        place_.enter();
        return true;
    }
    std::size_t await_resume();

    void cancel() override;

private:
    friend ring_awaitable;

    // The pause before the next attempt where poll(2) knows nothing of the room: it doubles.
    static constexpr std::chrono::milliseconds pause_first{1};
    static constexpr std::chrono::milliseconds pause_max{64};

    void prepare(io_uring_sqe& sqe) override;
    void complete(const completion& cqe) override;
    void expire() override { restart(); }

    int fd_;
    iovec data_;
    const address* to_;
    operation_group::place place_;
    std::error_code* error_;
    msghdr message_{};
    bool polled_ = false;
    std::chrono::milliseconds pause_{0};
};

}  // namespace ringlet
