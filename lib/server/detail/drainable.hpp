#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/loop/loop.hpp>

namespace ringlet::detail {

/// A set of running requests, or of workers that handle them, that a shutdown can bring to an end.
///
/// One thread: that of the loop that serves.
class drainable {
public:
    drainable() = default;
    drainable(const drainable&) = delete;
    drainable& operator=(const drainable&) = delete;

    /// Tells the object that `cancel` will be called at `deadline`. The caller calls this again
    /// where the deadline comes nearer.
    virtual void drain(loop::clock::time_point /*deadline*/) {}

    /// Cancels every request and worker that still runs.
    virtual void cancel() = 0;

    /// Waits until no request or worker runs any more, then throws the exception that kept a worker
    /// from going on. Not to be cancelled.
    [[nodiscard]] virtual task<> join() = 0;

protected:
    ~drainable() = default;
};

}  // namespace ringlet::detail
