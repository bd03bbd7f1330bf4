#pragma once

#include <ringlet/loop/loop.hpp>

namespace ringlet::detail {

/// `options` adapted to a loop that handles one request and ends. Such a loop needs few ring
/// entries, whose memory takes time to set up and counts against RLIMIT_MEMLOCK, and has no time to
/// find out whether spinning pays.
[[nodiscard]] loop_options for_one_request(loop_options options) noexcept;

}  // namespace ringlet::detail
