#pragma once

#include <ringlet/coro/detail/waiting_operation.hpp>

#include <mutex>

namespace ringlet::detail {

/// An operation that waits in a line which coroutines of several loops share: queued_operation
/// between threads. A mutex guards the line and what is waited for. Whoever grants one may be in
/// any thread; the waiter goes on in its own.
///
/// What has been granted is out of reach of cancellation, so that nothing given is ever lost.
///
/// Thread-safe where it says so. Lifetime: the mutex and the line outlive the await.
class concurrent_operation : public waiting_operation<concurrent_operation>,
                             private inbox::work_item {
public:
    [[nodiscard]] bool await_ready() noexcept { return !admit(); }

    bool await_suspend(suspension waiter) {
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

    /// Ends the wait, with 0 or `-errno`. The coroutine goes on in a later turn of its loop, which
    /// may come before this returns. From any thread, with the mutex locked.
    void grant(int result = 0) noexcept {
        leave_line();
        result_ = result;
        core_->post(*this);
    }

    /// In the waiter's thread, with the mutex unlocked.
    void cancel() override {
        {
            const std::lock_guard locked(mutex_);
            if (!in_line())  // it has been granted, and is on its way
                return;
            leave_line();
        }
        resume_later(-ECANCELED);
    }

protected:
    /// As for queued_operation. `attempt` is called with `guard` locked.
    concurrent_operation(const char* name, queue& line, std::mutex& guard, std::error_code* error)
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
