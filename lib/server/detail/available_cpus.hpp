#pragma once

#include <vector>

namespace ringlet::detail {

/// The CPUs that this thread may run on, by their numbers: at least one. sched_getaffinity(2).
[[nodiscard]] std::vector<unsigned> available_cpus();

}  // namespace ringlet::detail
