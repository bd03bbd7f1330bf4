#pragma once

#include <ringlet/server/server_options.hpp>

#include <chrono>

namespace ringlet::detail {

/// The longest time that an option may have: far longer than anybody waits, and far from
/// overflowing the clock.
constexpr std::chrono::milliseconds patience_max = std::chrono::hours(24 * 365);

/// Checks the options. Throws std::invalid_argument that names an option out of range.
void require_valid(const server_options& options);

}  // namespace ringlet::detail
