#pragma once

#include <ringlet/loop/loop_options.hpp>

namespace ringlet {

/// Throws std::invalid_argument, naming the option, if one is out of range.
void require_valid(const loop_options& options);

}  // namespace ringlet
