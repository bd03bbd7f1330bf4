#pragma once

#include <ringlet/coro/detail/scoped_await.hpp>
#include <ringlet/coro/detail/to_task.hpp>
#include <ringlet/loop/detail/deadline_after.hpp>

namespace ringlet {

namespace detail {

template <class T>
task<T> await_until(loop::clock::time_point deadline, task<T> awaited) {
    const cancel_scope scope(deadline);
    co_return co_await std::move(awaited);
}

}  // namespace detail

/// Awaits `awaited`, a task or an operation, for `timeout` at most: then it is cancelled, and fails
/// with timed_out unless it succeeds all the same. Throws std::invalid_argument for a duration that
/// is negative or too long for the clock, std::logic_error outside a loop.
///
///     auto n = co_await ringlet::with_timeout(5s, client.recv(buffer));
///
/// It must be awaited in the expression that makes it.
template <class Rep, class Period, detail::awaitable Awaitable>
detail::scoped_await<Awaitable> with_timeout(std::chrono::duration<Rep, Period> timeout,
                                             Awaitable&& awaited) {
    const auto now = loop::require_current("with_timeout").now();
    return {detail::deadline_after(now, timeout, "with_timeout"), std::forward<Awaitable>(awaited)};
}

/// Awaits `awaited`, a task or an operation, until `deadline` at most: then it is cancelled, and
/// fails with timed_out unless it succeeds all the same. Awaiting it throws std::logic_error
/// outside a loop.
///
///     auto n = co_await ringlet::with_deadline(end, client.recv(buffer));
///
/// It must be awaited in the expression that makes it.
template <detail::awaitable Awaitable>
detail::scoped_await<Awaitable> with_deadline(loop::clock::time_point deadline,
                                              Awaitable&& awaited) {
    return {deadline, std::forward<Awaitable>(awaited)};
}

/// Awaits what `begin()` returns, a coroutine or another callable that it owns, until `deadline` at
/// most: then that is cancelled, and fails with timed_out unless it succeeds all the same. Awaiting
/// it throws std::logic_error outside a loop.
template <detail::begins_awaitable Begin>
[[nodiscard]] auto with_deadline(loop::clock::time_point deadline, Begin&& begin) {
    return detail::await_until(deadline, detail::operand_to_task(std::forward<Begin>(begin)));
}

/// Awaits what `begin()` returns, a coroutine or another callable that it owns, for `timeout` at
/// most: then that is cancelled, and fails with timed_out unless it succeeds all the same. Throws
/// std::invalid_argument for a duration that is negative or too long for the clock,
/// std::logic_error outside a loop.
///
///     co_await ringlet::with_timeout(5s, [&]() -> ringlet::task<> { ... });
///
/// A closure that owns its captures needs a name: GCC 12 destroys it twice in a co_await
/// expression.
template <class Rep, class Period, detail::begins_awaitable Begin>
[[nodiscard]] auto with_timeout(std::chrono::duration<Rep, Period> timeout, Begin&& begin) {
    const auto now = loop::require_current("with_timeout").now();
    return with_deadline(detail::deadline_after(now, timeout, "with_timeout"),
                         std::forward<Begin>(begin));
}

}  // namespace ringlet
