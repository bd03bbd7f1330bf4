#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/server/detail/peer_limit.hpp>

namespace ringlet::detail {

/// An accepted request on its way to the place where it is handled.
struct dispatched_request {
    task<> handling;  // has not begun; no task once the request has been started
    int descriptor;   // the one that a forked child keeps
    peer_limit::permit permit;
    address client;  // for reports
};

}  // namespace ringlet::detail
