#pragma once

#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/net/datagram.hpp>

namespace ringlet::detail {

class datagram_pool;
class datagram_slot;

/// Waits for the next datagram of a receiver and yields it.
class receive_datagram_operation final : public operation {
public:
    /// The error goes to `error`, or is thrown where that is nullptr.
    receive_datagram_operation(loop_core& core, datagram_pool& source,
                               std::error_code* error) noexcept
        : operation(core), source_(source), error_(error) {}

    [[nodiscard]] bool await_ready() noexcept;
    void await_suspend(suspension waiter);
    datagram await_resume();

    void cancel() override;

private:
    friend datagram_pool;

    datagram_pool& source_;
    std::error_code* error_;
    datagram_slot* received_ = nullptr;  // where it has not failed
};

}  // namespace ringlet::detail
