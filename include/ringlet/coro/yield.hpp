#pragma once

#include <ringlet/loop/yield_operation.hpp>

namespace ringlet {

/// Lets everything else that is ready go first: for handlers that compute for long. Throws
/// std::logic_error outside a loop; awaiting it throws std::system_error if it is cancelled.
[[nodiscard]] inline yield_operation yield() {
    return yield_operation(loop::require_current("yield"));
}

}  // namespace ringlet
