#pragma once

#include <ringlet/server/server_options.hpp>

namespace ringlet::detail {

/// Checks the options. Throws std::invalid_argument that names an option out of range.
void require_valid(const server_options& options);

}  // namespace ringlet::detail
