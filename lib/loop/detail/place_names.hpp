#pragma once

#include <source_location>
#include <string_view>

namespace ringlet::detail {

/// The name of the file of `where`, without its folders.
inline std::string_view file_name(const std::source_location& where) {
    const std::string_view path = where.file_name();
    return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

/// The name of the coroutine of `where`. GCC tells that of the function which it makes of the
/// coroutine: `void f(f(int)::_Z1fi.Frame*)` for `f(int)`.
inline std::string_view coroutine_name(const std::source_location& where) {
    const std::string_view function = where.function_name();
    const auto end = function.rfind("::_Z");
    if (end == std::string_view::npos || !function.ends_with("Frame*)"))
        return function;
    int depth = 0;
    auto begin = function.size();
    do {
        --begin;
        depth += function[begin] == ')' ? 1 : function[begin] == '(' ? -1 : 0;
    } while (depth > 0 && begin > 0);
    return function.substr(begin + 1, end - begin - 1);
}

}  // namespace ringlet::detail
