#pragma once

#include <ringlet/coro/token_bucket.hpp>

namespace ringlet::detail {

/// Throws std::invalid_argument for a rate that is negative, not a number, or so low that the burst
/// takes more than a year to come.
void require_valid(const rate_limit& limit);

}  // namespace ringlet::detail
