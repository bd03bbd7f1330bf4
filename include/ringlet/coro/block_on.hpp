#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/loop/loop.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace ringlet {

/// Runs a task from ordinary code: turns `owner` until the task has ended, and gives its result or
/// throws its exception. Other things that live in the loop go on meanwhile. Throws
/// std::logic_error in a thread that is not the loop's or from inside the loop.
void block_on(loop& owner, task<void> root);

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

/// The same in a loop of its own, for programs and tests that need no more than one.
template <class T>
T block_on(task<T> root) {
    loop owner;
    return block_on(owner, std::move(root));
}

}  // namespace ringlet
