#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/loop/loop.hpp>

namespace ringlet::detail {

/// What a server has going on, and a shutdown brings to an end.
///
/// One thread: that of the loop which serves.
class workload {
public:
    workload() = default;
    workload(const workload&) = delete;
    workload& operator=(const workload&) = delete;
    virtual ~workload() = default;

    /// It has until `deadline`, when `cancel` will be called; called again where that is nearer.
    virtual void drain(loop::clock::time_point /*deadline*/) {}

    /// Cancels it.
    virtual void cancel() = 0;

    /// Waits until nothing of it is left. Where the waiting coroutine is cancelled, it is too, and
    /// is still waited for.
    [[nodiscard]] virtual task<> join() = 0;
};

}  // namespace ringlet::detail
