#pragma once

#include <ringlet/base/error_sink.hpp>

#include <concepts>
#include <cstddef>
#include <tuple>
#include <utility>

namespace ringlet::detail {

/// The last of several types.
template <class... Type>
using last_of = std::tuple_element_t<sizeof...(Type) - 1, std::tuple<Type...>>;

/// Arguments of a function that takes any number of them and a std::error_code at their end:
/// deduced as `Argument&&...`, they end with one.
template <class... Argument>
concept trailing_error =
    sizeof...(Argument) > 0 && std::convertible_to<last_of<Argument...>, error_sink>;

/// Calls `use` with the last argument, as an error_sink, and then with all other arguments.
template <class Use, class... Argument>
requires trailing_error<Argument...>
auto with_trailing_error(const Use& use, Argument&&... arguments) {
    const std::tuple<Argument&&...> all(std::forward<Argument>(arguments)...);
    return [&]<std::size_t... Index>(std::index_sequence<Index...> /*others*/) {
        return use(error_sink(std::get<sizeof...(Index)>(all)), std::get<Index>(all)...);
    }
    (std::make_index_sequence<sizeof...(Argument) - 1>());
}

}  // namespace ringlet::detail
