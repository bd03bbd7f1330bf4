#pragma once

#include <ringlet/coro/when_any.hpp>

namespace ringlet {

/// Runs tasks at the same time until one succeeds, and gives its result. The others are cancelled
/// and awaited. Where all fail, the exception of the first to fail is thrown.
template <class... T>
task<when_any_result<std::variant<detail::kept<T>...>>> first_success(task<T>... tasks) {
    using race = detail::contest<std::variant<detail::kept<T>...>>;
    return detail::compete<T...>(race::goal::success, std::index_sequence_for<T...>(),
                                 std::move(tasks)...);
}

/// The same for any number of tasks of one type; none at all is a std::invalid_argument.
template <class T>
task<when_any_result<detail::kept<T>>> first_success(std::vector<task<T>> tasks) {
    return detail::compete<T>(detail::contest<detail::kept<T>>::goal::success, std::move(tasks));
}

}  // namespace ringlet
