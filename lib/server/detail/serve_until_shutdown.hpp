#pragma once

#include "drainable.hpp"

#include <ringlet/server/detail/shutdown_signal.hpp>

#include <chrono>

namespace ringlet::detail {

/// Serves until a shutdown is requested. It runs `accepting`, which adds requests to `running`, and
/// cancels `accepting` at the shutdown. It then waits for the end of `running`, and cancels
/// `running` when the grace is over.
///
/// If accepting fails, `running` has the time `failure_grace` to end, and the failure is thrown
/// afterwards. If only the end of `running` throws, that is thrown.
[[nodiscard]] task<> serve_until_shutdown(task<> accepting, drainable& running,
                                          shutdown_signal& requested,
                                          std::chrono::nanoseconds failure_grace);

}  // namespace ringlet::detail
