#pragma once

#include <ringlet/loop/loop.hpp>
#include <ringlet/server/server.hpp>

#include <cstddef>
#include <vector>

namespace ringlet::daemon::detail {

/// Reports the coroutines that wait in `owner`, as dump_tasks lists them but `tasks_max` at most,
/// and the counters of the loop and of the servers: a record each. It is called in the loop's
/// thread. Throws std::bad_alloc.
void dump_to_log(loop& owner, const std::vector<server*>& servers, std::size_t tasks_max);

}  // namespace ringlet::daemon::detail
