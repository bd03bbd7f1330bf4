#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/server/detail/peer_limit.hpp>

namespace ringlet::detail {

/// A request on its way to where it will be handled.
struct accepted_request {
    /// Handles it to its end, and never throws. Not begun yet.
    task<> handling;

    /// The descriptor that it needs, if it goes to another process.
    int descriptor = -1;

    /// Its place among those of its peer, kept as long as it is handled.
    peer_limit::place place{};
};

}  // namespace ringlet::detail
