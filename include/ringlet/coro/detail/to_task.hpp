#pragma once

#include <ringlet/coro/detail/awaitable.hpp>
#include <ringlet/coro/task.hpp>

#include <type_traits>
#include <utility>
#include <vector>

namespace ringlet::detail {

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

template <class T>
inline constexpr bool is_vector_of_tasks = false;
template <class T, class Allocator>
inline constexpr bool is_vector_of_tasks<std::vector<task<T>, Allocator>> = true;

/// Calls `callable`, which lives in this coroutine's frame, and awaits what it returns.
template <class Callable>
task<await_result<std::invoke_result_t<Callable&>>> call_owned(Callable callable) {
    co_return co_await callable();
}

/// Awaits an awaitable that lives elsewhere, such as an operation in the expression that awaits the
/// whole.
template <class Awaitable>
task<await_result<Awaitable>> await_borrowed(Awaitable&& awaited) {
    if constexpr (awaitable<std::remove_reference_t<Awaitable>&>)
        co_return co_await awaited;  // where it is: GCC 12 would copy what is moved
    else
        co_return co_await std::forward<Awaitable>(awaited);
}

/// Awaits an awaitable that lives in this coroutine's frame.
template <class Awaitable>
task<await_result<Awaitable>> await_owned(Awaitable awaited) {
    if constexpr (awaitable<Awaitable&>)
        co_return co_await awaited;
    else
        co_return co_await std::move(awaited);
}

/// Whether a task can own `Work`: a callable, another task, or an awaitable that can be moved.
template <class Work>
inline constexpr bool ownable =
    awaitable<Work> ? !std::is_lvalue_reference_v<Work> && std::is_move_constructible_v<Work>
                    : begins_awaitable<Work>;

/// Makes a task of `work`, a task, an awaitable or a callable that returns an awaitable. The task
/// owns the work if `ownable`; otherwise the work must outlive the task.
template <class Work>
auto to_task(Work&& work) {
    static_assert(!is_task<std::remove_cvref_t<Work>> || !std::is_lvalue_reference_v<Work>,
                  "a task that has a name is handed over: pass std::move(name)");
    static_assert(is_task<std::remove_cvref_t<Work>> || awaitable<Work> || begins_awaitable<Work>,
                  "pass a task, an awaitable such as client.recv(buffer), or a callable without "
                  "parameters that returns one of them, such as [&]() -> ringlet::task<> { ... }");
    if constexpr (is_task<Work>)
        return Work(std::forward<Work>(work));
    else if constexpr (awaitable<Work> && ownable<Work>)
        return await_owned<Work>(std::forward<Work>(work));
    else if constexpr (awaitable<Work>)
        return await_borrowed<Work>(std::forward<Work>(work));
    else if constexpr (begins_awaitable<Work>)
        return call_owned<std::decay_t<Work>>(std::forward<Work>(work));
}

/// Makes a task of `work`, an argument of a call that stands in a co_await expression.
template <class Work>
auto operand_to_task(Work&& work) {
    static_assert(awaitable<Work> || !begins_awaitable<Work> || sound_temporary<Work>,
                  "GCC 12 destroys a closure that owns what it captures twice in a co_await "
                  "expression: give it a name, and pass the name or std::ref(name)");
    return to_task(std::forward<Work>(work));
}

/// Makes a task<void> of `work` that owns it, for somebody who awaits it later.
template <class Work>
auto to_owned_task(Work&& work) {
    static_assert(is_task<std::remove_cvref_t<Work>> || !awaitable<Work> || ownable<Work>,
                  "an operation lives in the expression that awaits it: pass a callable that makes "
                  "it there, such as [&] { return client.send_all(text); }");
    return to_task(std::forward<Work>(work));
}

/// Awaits `awaited`, and drops its result.
template <class T>
task<void> without_result(task<T> awaited) {
    static_cast<void>(co_await std::move(awaited));
}
inline task<void> without_result(task<void> awaited) {
    return awaited;
}

/// A task that refers to other parts of the expression that makes it, so that it is awaited there:
/// it can be neither moved nor spawned.
template <class T>
class [[nodiscard]] borrowing_task {
public:
    explicit borrowing_task(task<T> referring) noexcept : task_(std::move(referring)) {}
    borrowing_task(const borrowing_task&) = delete;
    borrowing_task& operator=(const borrowing_task&) = delete;

    typename task<T>::awaiter operator co_await() && {
        return std::move(task_).operator co_await();
    }

private:
    task<T> task_;
};

/// What a function that combines `Work...` returns: `combined`, or a borrowing_task of it if it
/// does not own all of them.
template <class... Work, class T>
auto combination(task<T> combined) {
    if constexpr ((ownable<Work> && ...))
        return combined;
    else
        return borrowing_task<T>(std::move(combined));
}

}  // namespace ringlet::detail
