#pragma once

#include <ringlet/coro/task.hpp>

#include <cstdint>

namespace ringlet::detail {

class bounded_dispatcher;

/// What a request source asks between two requests that have come together.
class accept_turn {
public:
    /// A request has been processed, and the next one is there; `yielded` is the number of requests
    /// that have come. Whether to accept it at once, instead of ending the wait.
    [[nodiscard]] virtual bool goes_on(std::uint64_t yielded) = 0;

protected:
    ~accept_turn() = default;
};

/// A server's socket while the server accepts requests from it.
///
/// One thread: that of the loop that accepts.
class request_source {
public:
    request_source() = default;
    request_source(const request_source&) = delete;
    request_source& operator=(const request_source&) = delete;
    virtual ~request_source() = default;

    /// Waits for the next request, and has the server process it, and those that have come with it
    /// as far as the turn goes on. Throws the exceptions of the wait.
    [[nodiscard]] virtual task<> accept_for(bounded_dispatcher& handlers, accept_turn& turn) = 0;

    /// Whether the listening has been ended already, as by another process of the server.
    [[nodiscard]] virtual bool has_ended() const noexcept = 0;

    /// The number of requests that have come, including lost and refused ones.
    [[nodiscard]] virtual std::uint64_t yielded() const noexcept = 0;

    /// Stops accepting, and has the server process the requests that have come by then. Later
    /// requests wait in the kernel. The caller must await this before the source ends. Never
    /// throws.
    [[nodiscard]] virtual task<> stop(bounded_dispatcher& handlers) = 0;

    /// Stops accepting for good: has the server process the requests that have come and those that
    /// wait in the kernel, and closes the socket where the handlers do not need it. While the
    /// system is too short of descriptors to accept a client, this tries again, until the requests
    /// of `handlers` are cancelled. The caller must await this, or `stop`, before the source ends.
    /// Never throws.
    [[nodiscard]] virtual task<> close(bounded_dispatcher& handlers) = 0;
};

}  // namespace ringlet::detail
