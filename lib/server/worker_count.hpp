#pragma once

#include "available_cpus.hpp"

#include <ringlet/server/server_options.hpp>

namespace ringlet {

/// How many workers a pool has.
[[nodiscard]] inline std::size_t worker_count(const server_options& options) {
    return options.workers > 0 ? options.workers : available_cpus().size();
}

}  // namespace ringlet
