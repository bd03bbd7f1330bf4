#pragma once

#include <ringlet/coro/detail/entered_scope.hpp>

namespace ringlet {

/// While one lives, a local of a coroutine, what that coroutine awaits is not cancelled with it:
/// for clean-up that has to await something. A scope inside it is how the clean-up has a deadline
/// of its own, without which it might never end:
///
///     const ringlet::shield uncancelled(client.owner());
///     const ringlet::cancel_scope patience(1s);
///     co_await client.send_all("goodbye\n", error);
///
/// One thread: the loop's.
class shield {
public:
    explicit shield(loop& owner) noexcept : outermost_(owner.core(), owner.core().root_scope()) {}

private:
    detail::entered_scope outermost_;
};

}  // namespace ringlet
