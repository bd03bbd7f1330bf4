#pragma once

#include <ringlet/loop/detail/operation.hpp>

namespace ringlet::detail {

/// Lets everything else that is ready go first: the coroutine goes on in the loop's next turn.
class yield_operation final : public operation {
public:
    explicit yield_operation(loop_core& core) noexcept : operation(core) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    bool await_suspend(suspension waiter) noexcept {
        if (!admit())
            return refuse(waiter);
        suspend(waiter);
        resume_later(0);
        return true;
    }
    void await_resume() const { report(throws, "yield"); }

    void cancel() override {}  // it is in the ready queue already
};

}  // namespace ringlet::detail
