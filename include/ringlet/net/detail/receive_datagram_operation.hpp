#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/net/datagram.hpp>

namespace ringlet::detail {

class datagram_pool;
class datagram_slot;

/// Waits for the next datagram of a receiver and yields it.
class receive_datagram_operation final : public operation {
public:
    /// Awaiting it throws std::system_error, or stores the error in `error`.
    receive_datagram_operation(loop_core& core, datagram_pool& source, error_sink error) noexcept
        : operation(core), source_(source), error_(error) {}

    [[nodiscard]] bool await_ready() noexcept;
    void await_suspend(suspension waiter);
    datagram await_resume();

    void cancel() override;

private:
    friend datagram_pool;

    datagram_pool& source_;
    error_sink error_;
    datagram_slot* received_ = nullptr;  // where it has not failed
};

}  // namespace ringlet::detail
