#pragma once

#include <coroutine>
#include <source_location>

namespace ringlet::detail {

/// A coroutine that awaits something: how to resume it, and where it stands, which is what
/// `suspended_tasks` tells. `await_suspend` of ringlet's awaitables takes one in the place of a
/// coroutine handle; the compiler makes it from the handle, with the place of the co_await.
///
/// The coroutine that awaits this one is known where its promise has `awaited_by`, as a task's has.
class suspension {
public:
    /// Nobody: resuming it does nothing.
    suspension() noexcept : coroutine_(std::noop_coroutine()) {}

    template <class Promise>
    suspension(std::coroutine_handle<Promise> suspended,
               std::source_location where = std::source_location::current()) noexcept
        : coroutine_(suspended), where_(where) {
        if constexpr (requires { suspended.promise().awaited_by(); })
            awaited_by_ = suspended.promise().awaited_by();
    }

    /// For awaitables that pass it on to one of another library.
    operator std::coroutine_handle<>() const noexcept { return coroutine_; }

    [[nodiscard]] std::coroutine_handle<> coroutine() const noexcept { return coroutine_; }

    /// The co_await at which it stands; line 0 if that is not known.
    [[nodiscard]] const std::source_location& where() const noexcept { return where_; }

    /// Where the coroutine stands that awaits this one; nullptr if that is not known.
    [[nodiscard]] const suspension* awaited_by() const noexcept { return awaited_by_; }

private:
    std::coroutine_handle<> coroutine_;
    std::source_location where_;
    const suspension* awaited_by_ = nullptr;
};

}  // namespace ringlet::detail
