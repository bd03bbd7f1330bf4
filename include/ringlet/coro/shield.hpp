#pragma once

#include <ringlet/coro/detail/entered_scope.hpp>

namespace ringlet {

/// Keeps cancellation away from what a coroutine awaits while the shield, a local of that
/// coroutine, lives: for clean-up that has to await something. A cancel_scope inside the shield
/// gives the clean-up a deadline of its own, without which it might never end:
///
///     const ringlet::shield clean_up;
///     const ringlet::cancel_scope time_limit(1s);
///     co_await client.send_all("goodbye\n", error);
///
/// One thread: the loop's. Lifetime: the shield ends in the coroutine that made it, before the
/// scopes and shields that were made earlier.
class shield {
public:
    /// Shields what is awaited in the loop that runs in this thread. Throws std::logic_error
    /// outside a loop.
    shield() : shield(loop::require_current("shield")) {}

    /// Shields what is awaited in `owner`, a loop of this thread that need not run yet.
    explicit shield(loop& owner) noexcept : root_scope_(owner.core(), owner.core().root_scope()) {}

private:
    detail::entered_scope root_scope_;
};

}  // namespace ringlet
