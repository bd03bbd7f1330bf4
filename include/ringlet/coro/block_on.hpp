#pragma once

#include <ringlet/coro/detail/to_task.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/loop/loop.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace ringlet {

/// Runs a task from ordinary code: runs `owner` until the task has ended, and throws the task's
/// exception if it has one. Other coroutines of the loop go on meanwhile, and what a callable that
/// was posted throws goes to the log. Throws std::logic_error in a thread that is not the loop's,
/// in a process that was forked since the loop was made, or from inside the loop.
void block_on(loop& owner, task<void> root);

/// Runs a task from ordinary code: runs `owner` until the task has ended, and gives the task's
/// result or throws its exception. Other coroutines of the loop go on meanwhile. Throws
/// std::logic_error in a thread that is not the loop's, or from inside the loop.
template <class T>
T block_on(loop& owner, task<T> root) {
    if constexpr (std::is_reference_v<T>) {
        std::remove_reference_t<T>* result = nullptr;
        block_on(owner, [](task<T> awaited, auto*& stored) -> task<void> {
            stored = &co_await std::move(awaited);
        }(std::move(root), result));
        return *result;
    } else {
        std::optional<T> result;
        block_on(owner, [](task<T> awaited, std::optional<T>& stored) -> task<void> {
            stored.emplace(co_await std::move(awaited));
        }(std::move(root), result));
        return *std::move(result);
    }
}

/// Runs a task from ordinary code, in a loop that is made for it, and gives the task's result or
/// throws its exception: for programs and tests that need one loop only. Throws what making a loop
/// throws.
template <class T>
T block_on(task<T> root) {
    loop owner;
    return block_on(owner, std::move(root));
}

/// Runs `begin()` from ordinary code, a coroutine or another function that returns what can be
/// awaited: runs `owner` until that has ended, and gives its result or throws its exception. The
/// callable lives as long, with all that it captures. Throws std::logic_error in a thread that is
/// not the loop's, or from inside the loop.
///
///     ringlet::block_on(owner, [&]() -> ringlet::task<> { co_await ask(peer); });
template <class Begin>
requires detail::begins_awaitable<Begin>
decltype(auto) block_on(loop& owner, Begin&& begin) {
    return block_on(owner, detail::to_task(std::forward<Begin>(begin)));
}

/// Runs `begin()` from ordinary code, in a loop that is made for it, and gives the result of what
/// it returns or throws its exception: for programs and tests that need one loop only. Throws what
/// making a loop throws.
template <class Begin>
requires detail::begins_awaitable<Begin>
decltype(auto) block_on(Begin&& begin) {
    return block_on(detail::to_task(std::forward<Begin>(begin)));
}

}  // namespace ringlet
