#pragma once

#include <ringlet/loop/detail/deadline_after.hpp>
#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/loop/detail/operation_scope.hpp>

#include <memory>
#include <stop_token>

namespace ringlet {

/// While one lives, a local of a coroutine, whatever that coroutine and the tasks it awaits wait
/// for can be cancelled together: by hand, by a deadline, or by a std::stop_token. It fails with
/// operation_canceled, or with timed_out where the deadline did it; what is awaited after that
/// under the scope fails at once.
///
///     ringlet::cancel_scope patience(5s);
///     auto n = co_await client.recv(buffer);     // throws timed_out after five seconds
///
/// Scopes nest: one that lies inside another is cancelled with it.
///
/// One thread: the loop's. Lifetime: ends in the coroutine that made it, before those made earlier.
class cancel_scope final : private detail::timer {
public:
    /// A scope that only `cancel` or an outer scope cancels. Throws std::logic_error outside a
    /// loop.
    cancel_scope() : cancel_scope(loop::clock::time_point::max()) {}

    /// One that is also cancelled at `deadline`; time_point::max() stands for none.
    explicit cancel_scope(loop::clock::time_point deadline);

    /// One that is also cancelled after `patience`. Throws std::invalid_argument for a duration
    /// that is negative or too long for the clock.
    template <class Rep, class Period>
    explicit cancel_scope(std::chrono::duration<Rep, Period> patience)
        : cancel_scope(detail::deadline_after(loop::require_current("cancel_scope").now(), patience,
                                              "cancel_scope")) {}

    /// One that is also cancelled when a stop is requested, from any thread. Throws std::bad_alloc.
    explicit cancel_scope(std::stop_token stop);

    cancel_scope(const cancel_scope&) = delete;
    cancel_scope& operator=(const cancel_scope&) = delete;
    ~cancel_scope();

    /// Cancels what is awaited under the scope; it ends in a later turn of the loop, with its
    /// result if it succeeded all the same.
    void cancel() { scope_.cancel(); }

    [[nodiscard]] bool cancelled() const noexcept { return scope_.cancelled(); }

    /// operation_canceled, timed_out, or no error if the scope is not cancelled.
    [[nodiscard]] std::error_code reason() const noexcept { return scope_.reason(); }

private:
    class stop_link;

    void expire() override { scope_.cancel(std::errc::timed_out); }

    detail::loop_core& core_;
    detail::operation_scope& outer_;
    detail::operation_scope scope_;
    std::unique_ptr<stop_link> stop_;
};

}  // namespace ringlet
