#pragma once

#include <ringlet/ring/ring.hpp>

namespace ringlet::detail {

/// Throws std::invalid_argument that names the option and its range, if one is out of range.
void require_valid(const ring_options& options);

}  // namespace ringlet::detail
