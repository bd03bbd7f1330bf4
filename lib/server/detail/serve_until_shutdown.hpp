#pragma once

#include "drainable.hpp"

#include <ringlet/server/detail/shutdown_signal.hpp>

#include <chrono>

namespace ringlet::detail {

/// Serves until a shutdown is requested: runs `accepting`, which adds to `running`, cancels it at
/// the shutdown, lets `running` come to its end, and cancels that when the grace is over.
///
/// Where accepting fails, `running` has the time `failure_grace` to end, and the failure is thrown
/// in the end. So is what the end of `running` throws, where accepting has not failed.
[[nodiscard]] task<> serve_until_shutdown(task<> accepting, drainable& running,
                                          shutdown_signal& requested,
                                          std::chrono::nanoseconds failure_grace);

}  // namespace ringlet::detail
