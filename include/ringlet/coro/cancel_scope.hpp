#pragma once

#include <ringlet/loop/detail/deadline_after.hpp>
#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/loop/detail/operation_scope.hpp>

#include <chrono>
#include <system_error>

namespace ringlet {

/// Cancels together all that a coroutine, and the tasks that it awaits, wait for while the scope, a
/// local of that coroutine, lives: by hand, at a deadline, or through a std::stop_token. Each
/// operation that waits then fails with operation_canceled, or with timed_out if the deadline
/// cancelled the scope; each operation that begins under the scope afterwards fails at once.
///
///     ringlet::cancel_scope attempt(5s);
///     auto n = co_await client.recv(buffer);     // throws timed_out after five seconds
///
/// Scopes nest: a scope that lies inside another is cancelled with it.
///
/// One thread: the loop's. Lifetime: the scope ends in the coroutine that made it, before the
/// scopes that were made earlier.
class cancel_scope final : private detail::timer {
public:
    /// Makes a scope that only `cancel` or an outer scope cancels. Throws std::logic_error outside
    /// a loop.
    cancel_scope() : cancel_scope(loop::clock::time_point::max()) {}

    /// Makes a scope that is also cancelled at `deadline`; time_point::max() stands for no
    /// deadline. Throws std::logic_error outside a loop.
    explicit cancel_scope(loop::clock::time_point deadline);

    /// Makes a scope that is also cancelled after `timeout`. Throws std::invalid_argument for a
    /// duration that is negative or too long for the clock, std::logic_error outside a loop.
    template <class Rep, class Period>
    explicit cancel_scope(std::chrono::duration<Rep, Period> timeout)
        : cancel_scope(detail::deadline_after(loop::require_current("cancel_scope").now(), timeout,
                                              "cancel_scope")) {}

    /// Makes a scope that is also cancelled when a stop is requested of `stop`, a std::stop_token,
    /// in any thread. Throws std::bad_alloc, std::logic_error outside a loop. It is a template so
    /// that this header can do without <stop_token>.
    template <class StopToken>
    requires requires(const StopToken& token) { token.stop_possible(); }
    explicit cancel_scope(StopToken stop);

    cancel_scope(const cancel_scope&) = delete;
    cancel_scope& operator=(const cancel_scope&) = delete;
    ~cancel_scope();

    /// Cancels the operations that wait under the scope. Each ends in a later turn of the loop,
    /// with its result if it has succeeded all the same.
    void cancel() { scope_.cancel(); }

    /// Whether the scope, or a scope around it, has been cancelled.
    [[nodiscard]] bool cancelled() const noexcept { return scope_.cancelled(); }

    /// Why the scope was cancelled: operation_canceled, timed_out, or no error if it was not.
    [[nodiscard]] std::error_code reason() const noexcept { return scope_.reason(); }

private:
    class stop_link;

    void expire() override { scope_.cancel(std::errc::timed_out); }

    detail::loop_core& core_;
    detail::operation_scope& outer_;
    detail::operation_scope scope_;
    stop_link* stop_ = nullptr;  // owned
};

}  // namespace ringlet
