#include <ringlet/base/detail/write_number.hpp>

#include <charconv>

namespace ringlet::detail {

namespace {

template <class Number>
std::size_t written(std::span<char> into, Number number) noexcept {
    const auto [end, error] = std::to_chars(into.data(), into.data() + into.size(), number);
    return error == std::errc() ? static_cast<std::size_t>(end - into.data()) : 0;
}

}  // namespace

std::size_t write_number(std::span<char, digits_max> into, long long number) noexcept {
    return written(into, number);
}

std::size_t write_number(std::span<char, digits_max> into, unsigned long long number) noexcept {
    return written(into, number);
}

std::size_t write_number(std::span<char, digits_max> into, float number) noexcept {
    return written(into, number);
}

std::size_t write_number(std::span<char, digits_max> into, double number) noexcept {
    return written(into, number);
}

std::size_t write_number(std::span<char, digits_max> into, long double number) noexcept {
    return written(into, number);
}

}  // namespace ringlet::detail
