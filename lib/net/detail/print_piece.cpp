#include <ringlet/net/detail/print_piece.hpp>

#include <charconv>

namespace ringlet::detail {

namespace {

template <class Number>
std::size_t write_number(std::span<char> into, Number number) noexcept {
    const auto [end, error] = std::to_chars(into.data(), into.data() + into.size(), number);
    return error == std::errc() ? static_cast<std::size_t>(end - into.data()) : 0;
}

}  // namespace

void print_piece::write(long long number) noexcept {
    size_ = write_number(digits_, number);
}

void print_piece::write(unsigned long long number) noexcept {
    size_ = write_number(digits_, number);
}

void print_piece::write(float number) noexcept {
    size_ = write_number(digits_, number);
}

void print_piece::write(double number) noexcept {
    size_ = write_number(digits_, number);
}

void print_piece::write(long double number) noexcept {
    size_ = write_number(digits_, number);
}

}  // namespace ringlet::detail
