#pragma once

#include <ringlet/server/server_options.hpp>

namespace ringlet::detail {

/// Checks the options of a server whose socket has this `type`: SOCK_STREAM or SOCK_DGRAM. Throws
/// std::invalid_argument that names an option out of range, or without effect in such a server.
/// Where a simulation runs in this thread, that refuses the kinds of concurrency it cannot control.
void require_valid(const server_options& options, int type);

}  // namespace ringlet::detail
