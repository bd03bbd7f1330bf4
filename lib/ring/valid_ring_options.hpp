#pragma once

#include <ringlet/ring/ring_options.hpp>

namespace ringlet {

/// Throws std::invalid_argument that says which option is out of range.
void require_valid(const ring_options& options);

}  // namespace ringlet
