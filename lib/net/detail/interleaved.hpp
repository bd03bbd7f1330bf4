#pragma once

#include <ringlet/net/address.hpp>

#include <vector>

namespace ringlet::detail {

/// `addresses` with those of the first one's family and the others by turns, each kind in its
/// order: so that a family that does not work costs one attempt, not all of its own. RFC 8305, 4.
[[nodiscard]] std::vector<address> interleaved(const std::vector<address>& addresses);

}  // namespace ringlet::detail
