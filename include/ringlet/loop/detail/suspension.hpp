#pragma once

#include <coroutine>
#include <source_location>

namespace ringlet::detail {

/// A suspended coroutine: its handle, and the co_await at which it stands, which `suspended_tasks`
/// tells. `await_suspend` of ringlet's awaitables takes a suspension in the place of a coroutine
/// handle; the compiler makes it from the handle, with the place of the co_await.
///
/// The suspension also knows the coroutine that awaits this one if the promise has `awaited_by`, as
/// that of a task has.
class suspension {
public:
    /// No coroutine: resuming it does nothing.
    suspension() noexcept : coroutine_(std::noop_coroutine()) {}

    /// The coroutine `suspended`, which stands at the co_await `where`.
    template <class Promise>
    suspension(std::coroutine_handle<Promise> suspended,
               std::source_location where = std::source_location::current()) noexcept
        : coroutine_(suspended), where_(where) {
        if constexpr (requires { suspended.promise().awaited_by(); })
            awaited_by_ = suspended.promise().awaited_by();
    }

    /// The handle, for awaitables that pass it on to an awaitable of another library.
    operator std::coroutine_handle<>() const noexcept { return coroutine_; }

    /// The handle of the coroutine.
    [[nodiscard]] std::coroutine_handle<> coroutine() const noexcept { return coroutine_; }

    /// The co_await at which the coroutine stands; line 0 if that is not known.
    [[nodiscard]] const std::source_location& where() const noexcept { return where_; }

    /// The suspension of the coroutine that awaits this one; nullptr if that is not known.
    [[nodiscard]] const suspension* awaited_by() const noexcept { return awaited_by_; }

private:
    std::coroutine_handle<> coroutine_;
    std::source_location where_;
    const suspension* awaited_by_ = nullptr;
};

}  // namespace ringlet::detail
