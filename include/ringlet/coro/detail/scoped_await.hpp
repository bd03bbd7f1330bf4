#pragma once

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/awaitable.hpp>

#include <coroutine>
#include <optional>
#include <utility>

namespace ringlet::detail {

/// Awaits something in a cancel_scope with a deadline; with_timeout and with_deadline return it. It
/// needs no coroutine frame, and lives in the co_await expression together with what it awaits.
template <class Awaitable>
class [[nodiscard]] scoped_await {
public:
    scoped_await(loop::clock::time_point deadline, Awaitable&& awaited)
        : deadline_(deadline), awaiter_(awaiter_of(std::forward<Awaitable>(awaited))) {}
    scoped_await(const scoped_await&) = delete;
    scoped_await& operator=(const scoped_await&) = delete;

    bool await_ready() {
        scope_.emplace(deadline_);
        return awaiter_.await_ready();
    }

    auto await_suspend(suspension waiter) { return awaiter_.await_suspend(waiter); }

    decltype(auto) await_resume() {
        // The scope ends before the caller goes on, whether the result is a value or an exception.
        struct scope_end {
            std::optional<cancel_scope>& scope;
            ~scope_end() { scope.reset(); }
        } const end_scope{scope_};
        return awaiter_.await_resume();
    }

private:
    loop::clock::time_point deadline_;
    std::optional<cancel_scope> scope_;
    decltype(awaiter_of(std::declval<Awaitable>())) awaiter_;
};

}  // namespace ringlet::detail
