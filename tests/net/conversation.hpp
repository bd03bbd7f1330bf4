#pragma once

#include <ringlet/coro/task.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

/// Something to be read in every way that a reader has, and what comes of it.
inline constexpr std::string_view conversation("a line\r\nfour12345key\0value\0skip this\nthe rest",
                                               45);
inline constexpr std::string_view understood = "a line/four/12/345/key/value/sk/ip this/the rest//";

/// Reads `conversation` from `in`. Each read is a coroutine that `attempt` is given, to be awaited
/// by it, and made and awaited again where it failed.
template <class Reader, class Attempt>
ringlet::task<std::string> converse(Reader& in, Attempt attempt) {
    using ringlet::task;
    constexpr std::string_view nul("\0", 1);
    std::string read;
    const auto note = [&](std::string_view text) { read.append(text).append("/"); };
    const auto line = [&]() -> task<> {
        const std::optional<std::string_view> next = co_await in.read_line();
        note(next.value_or("END"));
    };
    const auto peek = [&]() -> task<> { note(co_await in.peek(4)); };
    std::size_t left = 4;
    const auto skip = [&]() -> task<> {
        std::error_code error;
        left -= co_await in.skip(left, error);
        if (error)
            throw std::system_error(error, "skip");
    };
    const auto view = [&]() -> task<> { note(co_await in.read_exactly(2)); };
    std::array<char, 3> three{};
    const auto copy = [&]() -> task<> {
        co_await in.read_exactly(three);
        note({three.data(), three.size()});
    };
    const auto until = [&]() -> task<> {
        const std::optional<std::string_view> next = co_await in.read_until(nul);
        note(next.value_or("END"));
    };
    std::string rest;
    std::size_t count = 0;
    const auto some = [&]() -> task<> {
        std::array<char, 20> piece{};
        count = co_await in.read_some(piece);
        rest.append(piece.data(), count);
    };
    const auto all = [&]() -> task<> { note(co_await in.read_all()); };
    co_await attempt(line);
    co_await attempt(peek);
    co_await attempt(skip);
    co_await attempt(view);
    co_await attempt(copy);
    co_await attempt(until);
    co_await attempt(until);
    co_await attempt(view);
    co_await attempt(line);
    do  // NOLINT(bugprone-infinite-loop)
        co_await attempt(some);
    while (count > 0);
    note(rest);
    co_await attempt(all);
    co_return read;
}

/// Awaits each read as it is.
inline constexpr auto plainly = [](const auto& read) { return read(); };
