#pragma once

#include <ringlet/coro/detail/scoped_await.hpp>
#include <ringlet/loop/detail/deadline_after.hpp>

namespace ringlet {

/// Awaits `awaited`, a task or an operation, for `timeout` at most: then it is cancelled, and fails
/// with timed_out unless it succeeds all the same. Throws std::invalid_argument for a duration that
/// is negative or too long for the clock, std::logic_error outside a loop.
///
///     auto n = co_await ringlet::with_timeout(5s, client.recv(buffer));
///
/// It must be awaited in the expression that makes it.
template <class Rep, class Period, class Awaitable>
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
template <class Awaitable>
detail::scoped_await<Awaitable> with_deadline(loop::clock::time_point deadline,
                                              Awaitable&& awaited) {
    return {deadline, std::forward<Awaitable>(awaited)};
}

}  // namespace ringlet
