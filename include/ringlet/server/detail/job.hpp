#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/server/detail/peer_limit.hpp>

#include <utility>

namespace ringlet::detail {

class bounded_dispatcher;

/// An accepted request that no handler has yet, as a dispatcher sees it for any transport. A job
/// turns the request into a task that has not begun, so the task can begin in another thread or
/// process.
///
/// One thread: that of the loop that accepted the request.
class job {
public:
    /// Begins to handle the request at once, in the loop that accepted it, as a coroutine that
    /// tells `place` when it has ended. This saves the frame of a coroutine that awaits a task.
    /// False where this kind of request is handled as a task only. Throws std::bad_alloc, and then
    /// the request is as before.
    [[nodiscard]] virtual bool begin_here(bounded_dispatcher& /*place*/) { return false; }

    /// Turns the request into the task that handles it, in the loop that accepted it. The task
    /// never throws. A job becomes a task once. Throws std::bad_alloc.
    [[nodiscard]] virtual task<> handle_here() = 0;

    /// Turns the request into a task for another thread or process. The task needs nothing of the
    /// loop that accepted the request, and never throws. A job becomes a task once. Throws
    /// std::bad_alloc.
    [[nodiscard]] virtual task<> handle_elsewhere() = 0;

    /// The descriptor that a forked child must keep to handle the request.
    [[nodiscard]] virtual int descriptor() noexcept = 0;

    /// The client's address. It has no family where the server could not find it out.
    [[nodiscard]] virtual const address& client_address() const noexcept = 0;

    /// Gives the caller the permit that the connection has of its peer's limit. The caller keeps it
    /// for as long as the request is handled.
    [[nodiscard]] peer_limit::permit take_permit() noexcept { return std::move(permit_); }

    job& operator=(job&&) = delete;

protected:
    explicit job(peer_limit::permit permit) noexcept : permit_(std::move(permit)) {}
    job(job&&) noexcept = default;
    ~job() = default;

private:
    peer_limit::permit permit_;
};

}  // namespace ringlet::detail
