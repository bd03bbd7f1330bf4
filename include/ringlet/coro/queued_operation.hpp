#pragma once

#include <ringlet/loop/intrusive_list.hpp>
#include <ringlet/loop/loop.hpp>

namespace ringlet {

/// An operation that waits in line for something that another coroutine gives: what event,
/// semaphore, channel and the like are awaited with. First come, first served.
///
/// What has been granted is out of reach of cancellation, so that nothing given is ever lost.
///
/// One thread: the loop's.
class queued_operation : public operation {
    struct place : list_hook {
        explicit place(queued_operation& waiting) noexcept : owner(waiting) {}
        queued_operation& owner;
    };

public:
    /// A line of waiting operations; it must be empty when it is destroyed.
    class queue {
    public:
        queue() noexcept = default;
        queue(const queue&) = delete;
        queue& operator=(const queue&) = delete;
        ~queue() {
            check(empty(), "something was destroyed while a coroutine waited for it; cancel the "
                           "coroutine and await it first");
        }

        [[nodiscard]] bool empty() const noexcept { return places_.empty(); }
        [[nodiscard]] queued_operation& front() noexcept { return places_.front().owner; }

    private:
        friend queued_operation;
        intrusive_list<place> places_;
    };

    [[nodiscard]] bool await_ready() {
        if (!admit())
            return true;
        return loop_->may_complete_inline() && attempt();
    }

    void await_suspend(suspension waiter) {
        // Once more, where too many awaits in a row have completed inline.
        const bool granted = attempt();
        suspend(waiter);
        if (granted)
            resume_later(result_);
        else
            queue_.places_.push_back(place_);
    }

    /// Ends the wait, with 0 or `-errno`. The coroutine goes on in a later turn of the loop.
    void grant(int result = 0) noexcept {
        place_.unlink();
        resume_later(result);
    }

    void cancel() override { grant(-ECANCELED); }

protected:
    /// `name` is the awaited function's. Throws std::logic_error outside a loop. An error goes to
    /// `error`, or is thrown where that is nullptr.
    queued_operation(const char* name, queue& line, std::error_code* error)
        : operation(loop::require_current(name)), queue_(line), name_(name), error_(error) {}
    ~queued_operation() = default;

    /// Takes what is waited for, if it is there and nobody waits ahead. That it will never be there
    /// is an end too: then true, with `-errno` in `result_`.
    [[nodiscard]] virtual bool attempt() = 0;

    [[nodiscard]] bool nobody_ahead() const noexcept { return queue_.empty(); }

    /// The end of every `await_resume`: reports the error, if there was one.
    void finish() const { report(error_, name_); }

private:
    queue& queue_;
    place place_{*this};
    const char* name_;
    std::error_code* error_;
};

}  // namespace ringlet
