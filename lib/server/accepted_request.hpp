#pragma once

#include <ringlet/coro/task.hpp>

namespace ringlet {

/// A request on its way to where it will be handled.
struct accepted_request {
    /// Handles it to its end, and never throws. Not begun yet.
    task<> handling;

    /// The descriptor that it needs, if it goes to another process.
    int descriptor = -1;
};

}  // namespace ringlet
