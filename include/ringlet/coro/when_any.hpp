#pragma once

#include <ringlet/coro/detail/to_task.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/when_all.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

namespace ringlet {

/// Which of several tasks won, and its result.
template <class Value>
class when_any_result {
public:
    when_any_result(std::size_t winner, Value&& won) : index(winner), value(std::move(won)) {}

    std::size_t index;  ///< The winner's number among the tasks, from 0.
    Value value;        ///< The winner's result.
};

namespace detail {

/// Runs several tasks at the same time, of which one wins: the common part of when_any and
/// first_success. The others are cancelled and awaited, and their results are dropped.
template <class Value>
class contest {
public:
    /// Whether the first task to end wins, or the first to succeed.
    enum class goal { end, success };

    explicit contest(goal to_win) noexcept : goal_(to_win) {}

    /// Begins `contender`; `convert` makes a Value of its result.
    template <class T, class Convert>
    void add(task_group& group, task<T> contender, Convert convert) {
        group.spawn(contend(group, std::move(contender), contenders_++, convert));
    }

    /// Calls `begin(group)`, which adds the contenders, and waits until all of them have ended.
    template <class Begin>
    task<when_any_result<Value>> run(Begin begin) {
        co_await task_group::run(std::ref(begin));
        if (contenders_ == 0)
            throw std::invalid_argument("when_any, first_success: there must be a task or more");
        if (!value_)
            std::rethrow_exception(failure_);
        co_return when_any_result<Value>(winner_, *std::move(value_));
    }

private:
    template <class T, class Convert>
    task<> contend(task_group& group, task<T> contender, std::size_t index, Convert convert) {
        std::optional<kept<T>> result;
        try {
            co_await keep(std::move(contender), result);
        } catch (...) {
            if (!decided_ && !failure_)
                failure_ = std::current_exception();
        }
        if (decided_ || (!result && goal_ == goal::success))
            co_return;
        decided_ = true;
        winner_ = index;
        if (result)
            value_.emplace(convert(*std::move(result)));
        group.cancel();
    }

    goal goal_;
    std::size_t contenders_ = 0;
    bool decided_ = false;
    std::size_t winner_ = 0;
    std::optional<Value> value_;
    std::exception_ptr failure_;  // the first exception
};

template <class... T, std::size_t... Index>
task<when_any_result<std::variant<kept<T>...>>>
compete(typename contest<std::variant<kept<T>...>>::goal goal, std::index_sequence<Index...>,
        task<T>... tasks) {
    using any = std::variant<kept<T>...>;
    contest<any> race(goal);
    const auto begin = [&](task_group& group) {
        (race.add(group, std::move(tasks),
                  [](kept<T>&& won) { return any(std::in_place_index<Index>, std::move(won)); }),
         ...);
    };
    co_return co_await race.run(begin);
}

template <class T>
task<when_any_result<kept<T>>> compete(typename contest<kept<T>>::goal goal,
                                       std::vector<task<T>> tasks) {
    contest<kept<T>> race(goal);
    const auto begin = [&](task_group& group) {
        for (task<T>& contender : tasks)
            race.add(group, std::move(contender), [](kept<T>&& won) { return std::move(won); });
    };
    co_return co_await race.run(begin);
}

template <class... T>
task<when_any_result<std::variant<kept<T>...>>> first_to_end(task<T>... tasks) {
    using race = contest<std::variant<kept<T>...>>;
    return compete<T...>(race::goal::end, std::index_sequence_for<T...>(), std::move(tasks)...);
}

template <class... T>
task<when_any_result<std::variant<kept<T>...>>> first_to_succeed(task<T>... tasks) {
    using race = contest<std::variant<kept<T>...>>;
    return compete<T...>(race::goal::success, std::index_sequence_for<T...>(), std::move(tasks)...);
}

}  // namespace detail

/// Awaits `work` at the same time until the first one ends: tasks, operations such as
/// client.recv(buffer), and callables that return one of them. Gives its result or throws its
/// exception. The others are cancelled and awaited; a result that they have all the same is
/// dropped.
///
///     co_await ringlet::when_any(client.recv(buffer), stop.wait());
///
/// Tasks and callables are owned; with an operation it must be awaited in the expression that makes
/// it. A closure that owns its captures needs a name: GCC 12 destroys it twice in that expression.
template <class... Work>
requires(!detail::is_vector_of_tasks<std::remove_cvref_t<Work>> && ...)
    [[nodiscard]] auto when_any(Work&&... work) {
    return detail::combination<Work...>(
        detail::first_to_end(detail::operand_to_task(std::forward<Work>(work))...));
}

/// Runs any number of tasks of one type at the same time until the first one ends, and gives its
/// result or throws its exception. The others are cancelled and awaited; a result that they have
/// all the same is dropped. Throws std::invalid_argument if there is no task.
template <class T>
task<when_any_result<detail::kept<T>>> when_any(std::vector<task<T>> tasks) {
    return detail::compete<T>(detail::contest<detail::kept<T>>::goal::end, std::move(tasks));
}

/// Awaits `work` at the same time until one succeeds, and gives its result: tasks, operations, and
/// callables that return one of them. The others are cancelled and awaited. If all fail, the
/// exception of the first to fail is thrown.
///
/// Tasks and callables are owned; with an operation it must be awaited in the expression that makes
/// it. A closure that owns its captures needs a name: GCC 12 destroys it twice in that expression.
template <class... Work>
requires(!detail::is_vector_of_tasks<std::remove_cvref_t<Work>> && ...)
    [[nodiscard]] auto first_success(Work&&... work) {
    return detail::combination<Work...>(
        detail::first_to_succeed(detail::operand_to_task(std::forward<Work>(work))...));
}

/// Runs any number of tasks of one type at the same time until one succeeds, and gives its result.
/// The others are cancelled and awaited. If all fail, the exception of the first to fail is thrown.
/// Throws std::invalid_argument if there is no task.
template <class T>
task<when_any_result<detail::kept<T>>> first_success(std::vector<task<T>> tasks) {
    return detail::compete<T>(detail::contest<detail::kept<T>>::goal::success, std::move(tasks));
}

}  // namespace ringlet
