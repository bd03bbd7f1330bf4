#pragma once

#include "fault_kinds.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ringlet::testing::detail {

/// Which of the faults that a seed draws occur: all that are not left out.
struct fault_selection {
    /// The kinds that do not occur.
    fault_set left_out{};

    /// The single faults of a kind that occur, by their numbers: those that a run draws of a kind
    /// are counted from 1. In order; nothing where all of them occur.
    std::array<std::optional<std::vector<std::uint64_t>>, fault_count> kept{};

    /// Whether a fault of a kind occurs that is not left out as a whole.
    [[nodiscard]] bool keeps(std::size_t kind, std::uint64_t number) const noexcept {
        return !kept[kind] || std::ranges::binary_search(*kept[kind], number);
    }
};

/// How many faults of each kind a run has drawn, those included that were left out as single ones.
using fault_counts = std::array<std::uint64_t, fault_count>;

}  // namespace ringlet::testing::detail
