#pragma once

#include <ringlet/daemon/metrics_text.hpp>

namespace ringlet::daemon::detail {

/// Writes what the system knows of this process, by the names that Prometheus's own clients use. It
/// leaves out what cannot be read. proc(5), getrusage(2), getrlimit(2).
void write_process(metrics_text& out);

}  // namespace ringlet::daemon::detail
