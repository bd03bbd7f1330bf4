#pragma once

#include <ringlet/coro/detail/waiting_operation.hpp>

namespace ringlet::detail {

/// An operation that waits in line for something that another coroutine of its loop gives; first
/// come, first served. The operations of event, semaphore, channel and the like derive from it.
///
/// An operation that has been granted cannot be cancelled any more, so that no grant is ever lost.
///
/// One thread: the loop's.
class queued_operation : public waiting_operation<queued_operation> {
public:
    [[nodiscard]] bool await_ready() {
        const bool admitted = admit();
        return core_->may_complete_inline() && (!admitted || attempt());
    }

    void await_suspend(suspension waiter) {
        if (refused()) {
            static_cast<void>(refuse(waiter));
            return;
        }
        // `await_ready` has not attempted it if too many awaits in a row have completed inline.
        const bool granted = attempt();
        suspend(waiter);
        if (granted)
            resume_later(result_);
        else
            join_line();
    }

    /// Ends the wait with `result`, 0 or `-errno`. The coroutine goes on in a later turn of the
    /// loop.
    void grant(int result = 0) noexcept {
        leave_line();
        resume_later(result);
    }

    /// Ends the wait with -ECANCELED. The coroutine goes on in a later turn of the loop.
    void cancel() override { grant(-ECANCELED); }

protected:
    using waiting_operation::waiting_operation;
    ~queued_operation() = default;
};

}  // namespace ringlet::detail
