#include "base/detail/exception_text.hpp"

#include <ringlet/base/log_value.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace ringlet {

namespace {

constexpr std::size_t unit_max = 3;

template <class Number, class Take>
void write_with_unit(Number number, std::string_view unit, const Take& take) {
    std::array<char, detail::digits_max + unit_max> text;
    const std::size_t digits =
        detail::write_number(std::span(text).template first<detail::digits_max>(), number);
    std::ranges::copy(unit, text.data() + digits);
    take(std::string_view(text.data(), digits + unit.size()));
}

}  // namespace

void log_value::write_text(const log_value& value, const text_taker& take) {
    take(value.text_);
}

void log_value::write_signed(const log_value& value, const text_taker& take) {
    write_with_unit(value.signed_, value.unit_, take);
}

void log_value::write_unsigned(const log_value& value, const text_taker& take) {
    write_with_unit(value.unsigned_, value.unit_, take);
}

void log_value::write_floating(const log_value& value, const text_taker& take) {
    write_with_unit(value.floating_, value.unit_, take);
}

void log_value::write_error(const log_value& value, const text_taker& take) {
    take(value.error_.message());
}

void log_value::write_exception(const log_value& value, const text_taker& take) {
    const auto& exception = *static_cast<const std::exception_ptr*>(value.object_);
    take(exception ? detail::exception_text(exception) : "no exception");
}

}  // namespace ringlet
