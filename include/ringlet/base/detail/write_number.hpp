#pragma once

#include <concepts>
#include <cstddef>
#include <span>

namespace ringlet::detail {

/// A number that is written in digits: no bool, and no character.
template <class T>
concept number_type = std::floating_point<T> ||
    (std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>);

/// More than the size of the longest text that `write_number` writes.
inline constexpr std::size_t digits_max = 48;

/// Writes `number` as std::to_chars does: in decimal, and in the shortest form that reads back as
/// the same number. Returns the size of the text.
std::size_t write_number(std::span<char, digits_max> into, long long number) noexcept;
std::size_t write_number(std::span<char, digits_max> into, unsigned long long number) noexcept;
std::size_t write_number(std::span<char, digits_max> into, float number) noexcept;
std::size_t write_number(std::span<char, digits_max> into, double number) noexcept;
std::size_t write_number(std::span<char, digits_max> into, long double number) noexcept;

}  // namespace ringlet::detail
