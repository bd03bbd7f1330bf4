#pragma once

#include <ringlet/coro/scoped_await.hpp>

namespace ringlet {

/// Awaits `awaited`, a task or an operation, but not for longer than until `deadline`: then it is
/// cancelled, and fails with timed_out unless it succeeds all the same.
///
///     auto n = co_await ringlet::with_deadline(end, client.recv(buffer));
///
/// It is to be awaited in the expression that makes it.
template <class Awaitable>
scoped_await<Awaitable> with_deadline(loop::clock::time_point deadline, Awaitable&& awaited) {
    return {deadline, std::forward<Awaitable>(awaited)};
}

}  // namespace ringlet
