#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/loop/loop.hpp>

namespace ringlet::detail {

/// Requests that are being handled, or workers that handle them, which a shutdown brings to an end.
///
/// One thread: that of the loop which serves.
class drainable {
public:
    drainable() = default;
    drainable(const drainable&) = delete;
    drainable& operator=(const drainable&) = delete;

    /// Tells that `cancel` will be called at `deadline`. Called again where that is nearer.
    virtual void drain(loop::clock::time_point /*deadline*/) {}

    /// Cancels all that still runs.
    virtual void cancel() = 0;

    /// Waits until nothing runs any more, then throws what kept a worker from going on. Where the
    /// waiting coroutine is cancelled, `cancel` is called, and the end is still waited for.
    [[nodiscard]] virtual task<> join() = 0;

protected:
    ~drainable() = default;
};

}  // namespace ringlet::detail
