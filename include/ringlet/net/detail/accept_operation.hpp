#pragma once

#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/net/stream.hpp>

namespace ringlet::detail {

class acceptor;

/// Waits for the next connection of a listener and yields it.
class accept_operation final : public operation {
public:
    /// The error goes to `error`, or is thrown where that is nullptr.
    accept_operation(loop_core& core, acceptor& source, std::error_code* error) noexcept
        : operation(core), source_(source), error_(error) {}

    [[nodiscard]] bool await_ready() noexcept;
    void await_suspend(suspension waiter);
    stream await_resume();

    void cancel() override;

private:
    friend acceptor;

    acceptor& source_;
    std::error_code* error_;
};

}  // namespace ringlet::detail
