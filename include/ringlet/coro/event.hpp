#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/detail/queued_operation.hpp>

namespace ringlet {

/// A flag that coroutines of one loop wait for. While it is set, no coroutine has to wait.
///
/// One thread: the loop's. Lifetime: the event outlives the coroutines that wait for it.
class event {
public:
    event() noexcept = default;
    event(const event&) = delete;
    event& operator=(const event&) = delete;

    /// Sets the flag. Every coroutine that waits goes on in a later turn of the loop, in the order
    /// in which they came.
    void set() noexcept {
        set_ = true;
        while (!waiting_.empty())
            waiting_.front().grant();
    }

    /// Clears the flag: coroutines wait again.
    void reset() noexcept { set_ = false; }

    /// Whether the flag is set.
    [[nodiscard]] bool is_set() const noexcept { return set_; }

    /// Waits for the flag in the frame of the awaiting coroutine.
    class wait_operation final : public detail::queued_operation {
    public:
        wait_operation(event& awaited, error_sink error)
            : detail::queued_operation("event::wait", awaited.waiting_, error), event_(awaited) {}

        void await_resume() const { finish(); }

    private:
        bool attempt() noexcept override { return event_.set_; }

        event& event_;
    };

    /// Waits until the event is set. Throws std::logic_error outside a loop. Awaiting it throws
    /// std::system_error if the wait is cancelled, or stores that in `error`.
    [[nodiscard]] wait_operation wait(error_sink error = throws) { return {*this, error}; }

private:
    bool set_ = false;
    detail::queued_operation::queue waiting_;
};

}  // namespace ringlet
