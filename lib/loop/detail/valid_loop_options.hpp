#pragma once

#include <ringlet/loop/loop.hpp>

namespace ringlet::detail {

/// Throws std::invalid_argument, naming the option, if one is out of range.
void require_valid(const loop_options& options);

}  // namespace ringlet::detail
