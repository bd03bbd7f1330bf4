#pragma once

#include <type_traits>
#include <utility>

namespace ringlet::detail {

/// Gives the awaiter of `awaitable`: what its operator co_await returns, or itself.
template <class Awaitable>
decltype(auto) awaiter_of(Awaitable&& awaitable) {
    if constexpr (requires { std::forward<Awaitable>(awaitable).operator co_await(); })
        return std::forward<Awaitable>(awaitable).operator co_await();
    else if constexpr (requires { operator co_await(std::forward<Awaitable>(awaitable)); })
        return operator co_await(std::forward<Awaitable>(awaitable));
    else
        return std::forward<Awaitable>(awaitable);
}

/// What co_await takes: a task, an operation, or an awaitable of the program's own. A task that has
/// a name is none, since it is awaited as `co_await std::move(name)`.
template <class T>
concept awaitable = requires {
    awaiter_of(std::declval<T>()).await_resume();
};

/// What awaiting gives; a value where that is an rvalue reference.
template <class Awaitable>
using await_result = std::conditional_t<
    std::is_rvalue_reference_v<decltype(awaiter_of(std::declval<Awaitable>()).await_resume())>,
    std::remove_cvref_t<decltype(awaiter_of(std::declval<Awaitable>()).await_resume())>,
    decltype(awaiter_of(std::declval<Awaitable>()).await_resume())>;

/// A callable that begins something: what it returns can be awaited.
template <class T>
concept begins_awaitable = requires(std::decay_t<T>& callable) {
    requires awaitable<decltype(callable())>;
};

/// Whether GCC 12 destroys an argument of this type once where it is a temporary of a co_await
/// expression. A closure that owns what it captures has to have a name there.
template <class Callable>
inline constexpr bool sound_temporary =
    std::is_lvalue_reference_v<Callable> || std::is_trivially_destructible_v<Callable>;

}  // namespace ringlet::detail
