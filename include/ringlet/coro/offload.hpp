#pragma once

#include <ringlet/coro/detail/offload_operation.hpp>

#include <type_traits>
#include <utility>

namespace ringlet {

/// Calls `function()` in a thread of `pool`, for what blocks: the coroutine waits, its loop goes
/// on. The await yields what the function returns, or throws what it throws.
///
///     const auto text = co_await ringlet::offload([&] { return read_whole(path); });
///
/// Where all threads are busy it waits for one, first come, first served; where too many wait
/// already it fails at once with resource_unavailable_try_again (thread_pool_options::waiting_max).
/// One that is cancelled while it waits fails without a call. A function that runs cannot be
/// interrupted: it is awaited to its end whatever is cancelled, and its result kept.
///
/// So the function may refer to whatever the coroutine can. It is used where it is, without a copy;
/// a temporary, then, must be one that needs no destroying, such as a lambda that captures by
/// reference: GCC 12 destroys others twice in a co_await expression.
///
/// Throws std::logic_error outside a loop.
template <class Function>
[[nodiscard]] detail::offload_operation<Function> offload(thread_pool& pool, Function&& function) {
    static_assert(std::is_lvalue_reference_v<Function> ||
                      std::is_trivially_destructible_v<Function>,
                  "offload: give a callable that owns what it captures a name, and pass that");
    return {detail::loop_core::require_current("offload"), pool, std::forward<Function>(function)};
}

/// The same in the pool that the process shares.
template <class Function>
[[nodiscard]] detail::offload_operation<Function> offload(Function&& function) {
    return offload(thread_pool::shared(), std::forward<Function>(function));
}

}  // namespace ringlet
