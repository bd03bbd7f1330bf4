#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>
#include <ringlet/net/detail/sendmsg_operation.hpp>

#include <cstddef>

namespace ringlet::detail {

/// Sends one datagram, and waits while there is no room for it. Yields its size. Any number of
/// these operations may be pending on one socket, in any number of loops; they may overtake each
/// other.
class send_to_operation final : public ring_awaitable<send_to_operation, sendmsg_operation> {
public:
    /// Sends through a descriptor that the caller keeps open until the await is over. The data and
    /// the address must last as long. Awaiting it throws std::system_error, or stores the error in
    /// `error`.
    send_to_operation(loop_core& core, int fd, const_buffer data, const address& to,
                      error_sink error) noexcept
        : send_to_operation(core, fd, data, &to, nullptr, error) {}

    /// See sendmsg_operation for the parameters.
    send_to_operation(loop_core& core, int fd, const_buffer data, datagram_route route,
                      datagram_operations* pending, error_sink error) noexcept
        : ring_awaitable(core, fd, data, route, pending, error, 0) {}

    bool await_suspend(suspension waiter) {
        send_batch* const together = core_->sends();
        if (together == nullptr)
            return ring_awaitable::await_suspend(waiter);
        if (!admit()) [[unlikely]]
            return refuse(waiter);
        prepare_message();
        together->add(*this);
        suspend(waiter);
        return true;
    }

    std::size_t await_resume() {
        const std::size_t sent = result_ < 0 ? 0 : static_cast<std::size_t>(result_);
        if (result_ >= 0)
            count_sent(sent);
        conclude();
        return sent;
    }

private:
    friend ring_awaitable;
};

}  // namespace ringlet::detail
