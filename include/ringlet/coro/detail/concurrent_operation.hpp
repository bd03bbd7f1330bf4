#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/detail/waiting_operation.hpp>

#include <mutex>

namespace ringlet::detail {

/// An operation that waits in a line shared by coroutines of several loops, as a queued_operation
/// waits in a line of one loop. A mutex guards the line and the state that the operation waits for.
/// Any thread may grant it; the waiting coroutine goes on in the thread of its own loop.
///
/// An operation that has been granted cannot be cancelled any more, so that no grant is ever lost.
///
/// Lifetime: the mutex and the line outlive the await.
class concurrent_operation : public waiting_operation<concurrent_operation>,
                             private inbox::work_item {
public:
    [[nodiscard]] bool await_ready() const noexcept { return false; }

    bool await_suspend(suspension waiter) {
        if (!admit())
            return refuse(waiter);
        {
            const std::lock_guard locked(mutex_);
            const bool granted = attempt();
            if (granted && core_->may_complete_inline())
                return false;
            suspend(waiter);
            if (!granted) {
                join_line();
                return true;
            }
        }
        resume_later(result_);
        return true;
    }

    /// Ends the wait with `result`, 0 or `-errno`. The coroutine goes on in a later turn of its
    /// loop, which may come before this call returns. Called in any thread, with the mutex locked.
    void grant(int result = 0) noexcept {
        leave_line();
        result_ = result;
        core_->post(*this);
    }

    /// Ends the wait with -ECANCELED, unless it has been granted. Called in the waiter's thread,
    /// with the mutex unlocked.
    void cancel() override {
        {
            const std::lock_guard locked(mutex_);
            if (!in_line())  // it has been granted, and its result is on the way
                return;
            leave_line();
        }
        resume_later(-ECANCELED);
    }

protected:
    /// Makes an operation that waits in `line`; `attempt` is called with `guard` locked. `name` is
    /// the awaited function's. Throws std::logic_error outside a loop. Awaiting it throws
    /// std::system_error, or stores the error in `error`.
    concurrent_operation(const char* name, queue& line, std::mutex& guard, error_sink error)
        : waiting_operation(name, line, error), mutex_(guard) {}
    ~concurrent_operation() = default;

private:
    void run() override { resume_later(result_); }
    void discard() noexcept override {
        fail("a loop was destroyed while a coroutine was suspended on it; await every task first");
    }

    std::mutex& mutex_;
};

}  // namespace ringlet::detail
