#pragma once

#include <ringlet/server/server_options.hpp>

#include <chrono>

namespace ringlet::detail {

/// The longest time that can be asked for: far more than anyone waits for, and far from overflowing
/// the clock.
constexpr std::chrono::milliseconds patience_max = std::chrono::hours(24 * 365);

/// Throws std::invalid_argument that says which option is out of range.
void require_valid(const server_options& options);

}  // namespace ringlet::detail
