#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/net/stream.hpp>

namespace ringlet::detail {

class acceptor;

/// Waits for the next connection of a listener and yields it.
class accept_operation final : public operation {
public:
    /// Awaiting it throws std::system_error, or stores the error in `error`.
    accept_operation(loop_core& core, acceptor& source, error_sink error) noexcept
        : operation(core), source_(source), error_(error) {}

    [[nodiscard]] bool await_ready() noexcept;
    void await_suspend(suspension waiter);
    stream await_resume();

    void cancel() override;

private:
    friend acceptor;

    acceptor& source_;
    error_sink error_;
};

}  // namespace ringlet::detail
