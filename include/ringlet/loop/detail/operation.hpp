#pragma once

#include <ringlet/base/detail/check.hpp>
#include <ringlet/base/detail/list_hook.hpp>
#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/detail/operation_scope.hpp>
#include <ringlet/loop/detail/suspension.hpp>

#include <cerrno>
#include <chrono>
#include <new>
#include <system_error>

namespace ringlet::detail {

/// The base of every awaitable that waits for the loop: a coroutine is suspended on it. It lives in
/// the awaiting coroutine's frame, so that it costs no allocation; therefore the frame must not be
/// destroyed while the operation is pending. To end one early, cancel its scope and await it.
///
/// One thread: the loop's.
class operation : public list_hook {
public:
    /// Asks the operation to end early, with -ECANCELED unless it succeeds all the same. The call
    /// resumes no coroutine; the waiter goes on in a later turn of the loop. It is for an operation
    /// in its scope, which the operation leaves when it ends. An operation of the ring may be
    /// cancelled, to no effect, until its coroutine goes on.
    virtual void cancel() = 0;

    /// Asks the operation to end early since it is late, in a scope that goes on: it ends with
    /// timed_out, unless it succeeds all the same or its scope was cancelled before.
    void time_out() {
        if (!scope_cancelled())
            timed_out_ = true;
        cancel();
    }

    /// The result, a count or `-errno`, once the operation has ended.
    [[nodiscard]] int result() const noexcept { return result_; }

    /// The error with which the operation has ended, if any: the scope's reason if its scope was
    /// cancelled, and timed_out after `time_out`.
    [[nodiscard]] std::error_code error() const noexcept;

    /// The coroutine that waits, once one does.
    [[nodiscard]] const suspension& waiter() const noexcept { return suspended_.waiter; }

    /// The time at which the turn of the loop began in which the coroutine was suspended.
    [[nodiscard]] std::chrono::steady_clock::time_point suspended_at() const noexcept {
        return suspended_.since;
    }

protected:
    explicit operation(loop_core& core) noexcept : core_(&core) {}
    ~operation() {
        check(!linked(), "a coroutine frame was destroyed while an operation in it was pending; "
                         "cancel its scope and await it first");
    }

    /// Enters the current scope: the first half of suspending. False, with the result set, if that
    /// scope is cancelled, so that the operation must not begin.
    [[nodiscard]] bool admit() noexcept;

    /// Ends an operation that was not admitted. The coroutine waits for its next turn if it has had
    /// too many such ends in a row, so that one that goes on and on in a cancelled scope does not
    /// keep the others from running; the log names it after a while. Whether the coroutine waits.
    [[nodiscard]] bool refuse(suspension waiter) noexcept;

    /// Whether the operation was not admitted, between `admit` and its beginning.
    [[nodiscard]] bool refused() const noexcept { return result_ < 0; }

    /// Notes the waiter and takes part in the scope: the second half of suspending, once the
    /// operation is admitted and has begun.
    void suspend(suspension waiter) noexcept;

    /// Notes the waiter. An operation that takes no part in its scope, since all that it waits for
    /// does, does no more than this.
    void note_waiter(suspension waiter) noexcept;

    /// Takes part in the scope, and so is pending, from now until the operation ends. The waiter
    /// was noted before.
    void take_part() noexcept;

    /// Ends the wait: the operation leaves its scope, which becomes the current one.
    void end_wait() noexcept;

    /// Ends the operation and resumes the waiter in its scope, inside this call.
    void resume();

    /// Ends the operation by putting the waiter into the loop's ready queue.
    void resume_later(int result) noexcept;

    /// Reports to `error` how the operation has ended; `what` names it in an exception's text.
    void report(error_sink error, const char* what) const;

    /// Whether the scope to which the operation was admitted is cancelled.
    [[nodiscard]] bool scope_cancelled() const noexcept;

    /// Whether `time_out` has asked the operation to end.
    [[nodiscard]] bool late() const noexcept { return timed_out_; }

    loop_core* core_;

private:
    friend loop_core;

    struct suspended {
        suspension waiter;
        std::chrono::steady_clock::time_point since;
    };

    operation_scope* scope_ = nullptr;
    union {
        suspended suspended_;  // written by `suspend`; making an operation does not write it
    };

protected:
    // The small members are last, so that those of a derived class fill the gap behind them.
    int result_ = 0;

private:
    bool timed_out_ = false;
};

inline void operation_scope::add(operation& member) noexcept {
    operations_.push_back(member);
}

inline bool operation::admit() noexcept {
    scope_ = &core_->scope();
    if (!scope_->cancelled()) [[likely]]
        return true;
    result_ = -ECANCELED;
    return false;
}

inline void operation::note_waiter(suspension waiter) noexcept {
    ::new (&suspended_) suspended{waiter, core_->turn_began()};
}

inline void operation::take_part() noexcept {
    scope_->add(*this);
}

inline void operation::suspend(suspension waiter) noexcept {
    note_waiter(waiter);
    take_part();
}

inline void operation::end_wait() noexcept {
    unlink();
    core_->set_scope(*scope_);
}

inline void operation::resume() {
    end_wait();
    suspended_.waiter.coroutine().resume();
}

}  // namespace ringlet::detail
