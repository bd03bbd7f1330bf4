#pragma once

#include <ringlet/coro/detail/awaitable.hpp>
#include <ringlet/coro/task.hpp>

#include <functional>
#include <type_traits>
#include <utility>

namespace ringlet {

namespace detail {

/// Calls `function` with `arguments`, all of which live in this coroutine's frame, and awaits what
/// it returns.
template <class Function, class... Arguments>
task<await_result<std::invoke_result_t<Function&, Arguments...>>>
invoke_owned(Function function, Arguments... arguments) {
    co_return co_await std::invoke(function, std::move(arguments)...);
}

}  // namespace detail

/// Makes a task that calls `function(arguments...)` and awaits what it returns, which it yields or
/// throws. The task owns the function, with all that it captures, and copies of the arguments until
/// it has ended: so a lambda that is a coroutine can be begun where it is written, and outlives
/// the place. std::ref passes an argument by reference.
///
///     const auto say = [words](ringlet::stream& to, int times) -> ringlet::task<> { ... };
///     group.spawn(ringlet::invoke(say, std::ref(client), 3));
///
/// A temporary must be trivially destructible, such as a lambda that captures by reference; a
/// closure that owns its captures needs a name, since GCC 12 destroys it twice in a co_await
/// expression. Throws what moving and copying throw.
template <class Function, class... Arguments>
[[nodiscard]] auto invoke(Function&& function, Arguments&&... arguments) {
    static_assert(std::is_invocable_v<std::decay_t<Function>&, std::decay_t<Arguments>...>,
                  "invoke: the function does not take these arguments; pass what it takes by "
                  "reference with std::ref");
    static_assert(detail::sound_temporary<Function>,
                  "GCC 12 destroys a closure that owns what it captures twice in a co_await "
                  "expression: give it a name, and pass the name or std::move(name)");
    return detail::invoke_owned<std::decay_t<Function>, std::decay_t<Arguments>...>(
        std::forward<Function>(function), std::forward<Arguments>(arguments)...);
}

}  // namespace ringlet
