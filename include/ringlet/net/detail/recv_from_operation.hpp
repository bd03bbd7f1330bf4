#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>
#include <ringlet/net/detail/recvmsg_operation.hpp>

namespace ringlet::detail {

/// Receives one datagram. recvmsg(2).
class recv_from_operation final : public ring_awaitable<recv_from_operation, recvmsg_operation> {
public:
    /// See recvmsg_operation for the parameters.
    recv_from_operation(loop_core& core, int fd, mutable_buffer buffer, datagram_origin origin,
                        datagram_operations* pending, error_sink error) noexcept
        : ring_awaitable(core, fd, buffer, origin, pending, error) {}

    received_datagram await_resume() { return conclude(); }

private:
    friend ring_awaitable;
};

}  // namespace ringlet::detail
