#pragma once

#include <ringlet/testing/simulate.hpp>

namespace ringlet::testing::detail {

/// The options as the environment has them, RINGLET_SEED, RINGLET_SEEDS, RINGLET_FIRST_SEED and
/// RINGLET_SIMULATE_FOR.
/// Throws std::invalid_argument for what is out of range.
[[nodiscard]] simulate_options with_environment(simulate_options options);

}  // namespace ringlet::testing::detail
