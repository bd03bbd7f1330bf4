#pragma once

#include <ringlet/coro/detail/waiting_operation.hpp>

namespace ringlet::detail {

/// An operation that waits in line for something that another coroutine gives: what event,
/// semaphore, channel and the like are awaited with. First come, first served.
///
/// What has been granted is out of reach of cancellation, so that nothing given is ever lost.
///
/// One thread: the loop's.
class queued_operation : public waiting_operation<queued_operation> {
public:
    [[nodiscard]] bool await_ready() {
        if (!admit())
            return true;
        return core_->may_complete_inline() && attempt();
    }

    void await_suspend(suspension waiter) {
        // Once more, where too many awaits in a row have completed inline.
        const bool granted = attempt();
        suspend(waiter);
        if (granted)
            resume_later(result_);
        else
            join_line();
    }

    /// Ends the wait, with 0 or `-errno`. The coroutine goes on in a later turn of the loop.
    void grant(int result = 0) noexcept {
        leave_line();
        resume_later(result);
    }

    void cancel() override { grant(-ECANCELED); }

protected:
    using waiting_operation::waiting_operation;
    ~queued_operation() = default;
};

}  // namespace ringlet::detail
