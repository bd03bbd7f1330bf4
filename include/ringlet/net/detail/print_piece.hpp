#pragma once

#include <ringlet/base/detail/write_number.hpp>
#include <ringlet/net/const_buffer.hpp>

#include <array>
#include <concepts>
#include <string_view>

namespace ringlet::detail {

/// Something to print, as text: text and bytes as they are, a char as itself, a bool as `true` or
/// `false`, and a number as std::to_chars writes it, the shortest form that reads back the same.
///
/// Lifetime: text is a view, which must last as long as the piece.
class print_piece {
public:
    print_piece(const_buffer text) noexcept  // NOLINT: meant to convert
        : text_(static_cast<const char*>(text.data())), size_(text.size()) {}

    template <std::same_as<bool> Bool>
    print_piece(Bool truth) noexcept  // NOLINT: meant to convert
        : print_piece(const_buffer(std::string_view(truth ? "true" : "false"))) {}

    template <std::same_as<char> Char>
    print_piece(Char letter) noexcept : size_(1) {  // NOLINT: meant to convert
        digits_[0] = letter;
    }

    template <number_type Number>
    print_piece(Number number) noexcept {  // NOLINT: meant to convert
        if constexpr (std::floating_point<Number>)
            size_ = write_number(digits_, number);
        else if constexpr (std::signed_integral<Number>)
            size_ = write_number(digits_, static_cast<long long>(number));
        else
            size_ = write_number(digits_, static_cast<unsigned long long>(number));
    }

    /// The text. Lifetime: this object's.
    operator const_buffer() const noexcept {  // NOLINT: meant to convert
        return {text_ == nullptr ? digits_.data() : text_, size_};
    }

private:
    const char* text_ = nullptr;  // nullptr for a piece whose text is in digits_
    std::size_t size_ = 0;
    std::array<char, digits_max> digits_;
};

template <class T>
concept printable = std::constructible_from<print_piece, const T&>;

}  // namespace ringlet::detail
