#pragma once

#include <ringlet/coro/detail/to_task.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/coro/task_group.hpp>

#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace ringlet {

namespace detail {

// The type in which the result of one of several tasks is stored: neither void nor a reference is
// an object.
template <class T>
struct kept_as {
    using type = T;
};
template <>
struct kept_as<void> {
    using type = std::monostate;
};
template <class T>
struct kept_as<T&> {
    using type = std::reference_wrapper<T>;
};
template <class T>
using kept = typename kept_as<T>::type;

template <class T>
task<> keep(task<T> awaited, std::optional<kept<T>>& result) {
    if constexpr (std::is_void_v<T>) {
        co_await std::move(awaited);
        result.emplace();
    } else {
        result.emplace(co_await std::move(awaited));
    }
}

template <class... T>
task<std::tuple<kept<T>...>> await_all(task<T>... tasks) {
    std::tuple<std::optional<kept<T>>...> results;
    const auto begin = [&](task_group& group) {
        std::apply([&](auto&... result) { (group.spawn(keep(std::move(tasks), result)), ...); },
                   results);
    };
    co_await task_group::run(std::ref(begin));
    co_return std::apply(
        [](auto&... result) { return std::tuple<kept<T>...>(std::move(*result)...); }, results);
}

}  // namespace detail

/// Awaits all of `work` at the same time: tasks, operations such as client.recv(buffer), and
/// callables that return one of them. Gives their results as a tuple, in the order of the
/// arguments: a std::monostate for void, a std::reference_wrapper for a reference. The first that
/// fails cancels the others; when they have ended, its exception is thrown.
///
///     co_await ringlet::when_all(client.send_all(greeting), log_file.write(greeting));
///
/// Tasks and callables are owned; with an operation it must be awaited in the expression that makes
/// it. A closure that owns its captures needs a name: GCC 12 destroys it twice in that expression.
template <class... Work>
requires(!detail::is_vector_of_tasks<std::remove_cvref_t<Work>> && ...)
    [[nodiscard]] auto when_all(Work&&... work) {
    return detail::combination<Work...>(
        detail::await_all(detail::operand_to_task(std::forward<Work>(work))...));
}

/// Runs any number of tasks of one type at the same time and gives all their results as a vector,
/// in the order of the tasks: std::monostate for task<void>, std::reference_wrapper for a task of a
/// reference. The first task that fails cancels the others; when they have ended, its exception is
/// thrown.
template <class T>
task<std::vector<detail::kept<T>>> when_all(std::vector<task<T>> tasks) {
    std::vector<std::optional<detail::kept<T>>> results(tasks.size());
    const auto begin = [&](task_group& group) {
        for (std::size_t i = 0; i < tasks.size(); ++i)
            group.spawn(detail::keep(std::move(tasks[i]), results[i]));
    };
    co_await task_group::run(std::ref(begin));
    std::vector<detail::kept<T>> values;
    values.reserve(results.size());
    for (auto& result : results)
        values.push_back(*std::move(result));
    co_return values;
}

}  // namespace ringlet
