#pragma once

#include <ringlet/coro/task.hpp>

#include <cstdint>

namespace ringlet::detail {

class bounded_dispatcher;

/// A server's socket while requests are accepted from it.
///
/// One thread: that of the loop which accepts.
class request_source {
public:
    request_source() = default;
    request_source(const request_source&) = delete;
    request_source& operator=(const request_source&) = delete;
    virtual ~request_source() = default;

    /// Waits for the next request, and has the server process it. Throws what waiting throws.
    [[nodiscard]] virtual task<> accept_for(bounded_dispatcher& handlers) = 0;

    /// The number of requests that have come, whatever became of them.
    [[nodiscard]] virtual std::uint64_t yielded() const noexcept = 0;

    /// Stops accepting, and has those requests processed that have come by then. Later ones wait in
    /// the kernel. Must be awaited before this ends. Never throws.
    [[nodiscard]] virtual task<> stop(bounded_dispatcher& handlers) = 0;
};

}  // namespace ringlet::detail
