#pragma once

#include "workload.hpp"

#include <ringlet/coro/task_group.hpp>
#include <ringlet/server/detail/shutdown_signal.hpp>

namespace ringlet::detail {

/// Serves until a shutdown is requested: runs what `taking` has, which adds to `work`, then lets
/// `work` come to its end, and cancels it when the grace is over. Where taking requests fails, that
/// is as if a shutdown with the grace `otherwise` had been requested, and is thrown in the end.
[[nodiscard]] task<> serve_session(task<> taking, workload& work, shutdown_signal& requested,
                                   std::chrono::nanoseconds otherwise);

}  // namespace ringlet::detail
