#pragma once

#include <ringlet/coro/scoped_await.hpp>
#include <ringlet/loop/deadline_after.hpp>

namespace ringlet {

/// Awaits `awaited`, a task or an operation, but not for longer than `patience`: then it is
/// cancelled, and fails with timed_out unless it succeeds all the same. Throws
/// std::invalid_argument for a duration that is negative or too long for the clock,
/// std::logic_error outside a loop.
///
///     auto n = co_await ringlet::with_timeout(5s, client.recv(buffer));
///
/// It is to be awaited in the expression that makes it.
template <class Rep, class Period, class Awaitable>
scoped_await<Awaitable> with_timeout(std::chrono::duration<Rep, Period> patience,
                                     Awaitable&& awaited) {
    const auto now = loop::require_current("with_timeout").now();
    return {deadline_after(now, patience, "with_timeout"), std::forward<Awaitable>(awaited)};
}

}  // namespace ringlet
