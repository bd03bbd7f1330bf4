#pragma once

#include <ringlet/coro/detail/awaitable.hpp>
#include <ringlet/coro/detail/offload_operation.hpp>

#include <utility>

namespace ringlet {

/// Calls `function()`, which may block, in a thread of `pool`: the coroutine waits, and its loop
/// goes on. The await yields what the function returns, or throws what the function throws.
///
///     const auto text = co_await ringlet::offload(disk_threads, [&] { return read_file(path); });
///
/// If all threads are busy, the call waits for one; first come, first served. If as many calls as
/// thread_pool_options::waiting_max allows wait already, the await throws std::system_error with
/// resource_unavailable_try_again at once. A call that is cancelled while it waits for a thread is
/// not made. A function that runs cannot be interrupted: it is awaited to its end whatever is
/// cancelled, and its result is kept.
///
/// So the function may refer to all that the coroutine can. It is called where it is, without a
/// copy. A temporary must be trivially destructible, such as a lambda that captures by reference,
/// since GCC 12 destroys other temporaries of a co_await expression twice.
///
/// Throws std::logic_error outside a loop.
template <class Function>
[[nodiscard]] detail::offload_operation<Function> offload(thread_pool& pool, Function&& function) {
    static_assert(detail::sound_temporary<Function>,
                  "offload: give a callable that owns what it captures a name, and pass that");
    return {detail::loop_core::require_current("offload"), pool, std::forward<Function>(function)};
}

/// Calls `function()`, which may block, in a thread of the pool that the process shares,
/// thread_pool::shared(): the coroutine waits, and its loop goes on. The await yields what the
/// function returns, or throws what the function throws.
///
///     const auto text = co_await ringlet::offload([&] { return read_file(path); });
///
/// The overload with a pool says what happens when all threads are busy or the coroutine is
/// cancelled, and which functions may be temporaries. Throws std::logic_error outside a loop.
template <class Function>
[[nodiscard]] detail::offload_operation<Function> offload(Function&& function) {
    return offload(thread_pool::shared(), std::forward<Function>(function));
}

}  // namespace ringlet
