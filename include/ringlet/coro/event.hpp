#pragma once

#include <ringlet/coro/detail/queued_operation.hpp>

namespace ringlet {

/// A flag that coroutines of one loop wait for. Once set it lets everyone through until `reset`.
///
/// One thread: the loop's. Lifetime: outlives those who wait for it.
class event {
public:
    event() noexcept = default;
    event(const event&) = delete;
    event& operator=(const event&) = delete;

    /// Lets everyone through who waits, each in a later turn of the loop, in the order they came.
    void set() noexcept {
        set_ = true;
        while (!waiting_.empty())
            waiting_.front().grant();
    }
    void reset() noexcept { set_ = false; }
    [[nodiscard]] bool is_set() const noexcept { return set_; }

    class wait_operation final : public detail::queued_operation {
    public:
        wait_operation(event& awaited, std::error_code* error)
            : detail::queued_operation("event::wait", awaited.waiting_, error), event_(awaited) {}

        void await_resume() const { finish(); }

    private:
        bool attempt() noexcept override { return event_.set_; }

        event& event_;
    };

    /// Waits until the event is set. Throws std::logic_error outside a loop; awaiting it throws
    /// std::system_error if it is cancelled, or stores that in `error`.
    [[nodiscard]] wait_operation wait() { return {*this, nullptr}; }
    [[nodiscard]] wait_operation wait(std::error_code& error) { return {*this, &error}; }

private:
    bool set_ = false;
    detail::queued_operation::queue waiting_;
};

}  // namespace ringlet
