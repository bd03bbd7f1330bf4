#pragma once

/// The line in which the compiler places a co_await that stands in `line` as the last statement of
/// a coroutine. GCC 16 places each co_await at the closing brace of its coroutine, here the next
/// line.
constexpr unsigned co_await_line(unsigned line) noexcept {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 16
    return line + 1;
#else
    return line;
#endif
}
