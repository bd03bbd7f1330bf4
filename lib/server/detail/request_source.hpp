#pragma once

#include "executor.hpp"

#include <cstdint>

namespace ringlet::detail {

/// Where a server's requests come from, while it takes them.
///
/// One thread: that of the loop which takes them.
class request_source {
public:
    request_source() = default;
    request_source(const request_source&) = delete;
    request_source& operator=(const request_source&) = delete;
    virtual ~request_source() = default;

    /// Waits for the next request, and has it handled. Throws what waiting throws.
    [[nodiscard]] virtual task<> take(executor& handled_by) = 0;

    /// How many requests have come, whatever became of them.
    [[nodiscard]] virtual std::uint64_t yielded() const noexcept = 0;

    /// Stops waiting, and has handled what has come by then; what comes later waits in the kernel.
    /// To be awaited before this ends. Never throws.
    [[nodiscard]] virtual task<> stop(executor& handled_by) = 0;
};

}  // namespace ringlet::detail
