#pragma once

#include <ringlet/server/server.hpp>

#include <cstddef>
#include <vector>

namespace ringlet::daemon::detail {

/// Reports the coroutines that wait in the loops of this process, as dump_tasks lists them but
/// `tasks_max` at most, and the counters of the loops and of the servers: a record each. It is
/// called in a loop; loops of other threads report for themselves, a moment later. Throws
/// std::bad_alloc.
void dump_to_log(const std::vector<server*>& servers, std::size_t tasks_max);

}  // namespace ringlet::daemon::detail
