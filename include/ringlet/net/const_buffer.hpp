#pragma once

#include <ringlet/net/mutable_buffer.hpp>

#include <sys/uio.h>

#include <concepts>
#include <string_view>

namespace ringlet {

/// Memory to send: any contiguous range of `std::byte`, `char` or `unsigned char`, or text. A
/// string literal is text and ends before its NUL; every other array counts whole.
///
/// Lifetime: a view; the memory must last as long as what it is passed to says.
class const_buffer {
public:
    const_buffer(const void* data, std::size_t size) noexcept
        : buffer_{const_cast<void*>(data), size} {}

    template <detail::byte_range Range>
    const_buffer(const Range& range) noexcept  // NOLINT: meant to convert
        : const_buffer(std::ranges::data(range), std::ranges::size(range)) {}

    const_buffer(std::string_view text) noexcept  // NOLINT: meant to convert
        : const_buffer(text.data(), text.size()) {}

    template <std::size_t Size>
    const_buffer(const char (&literal)[Size]) noexcept  // NOLINT: meant to convert
        : const_buffer(std::string_view(literal, Size)
                           .substr(0, std::string_view(literal, Size).find('\0'))) {}

    template <std::size_t Size>
    const_buffer(char (&array)[Size]) noexcept  // NOLINT: meant to convert
        : const_buffer(static_cast<const void*>(array), Size) {}

    [[nodiscard]] const void* data() const noexcept { return buffer_.iov_base; }
    [[nodiscard]] std::size_t size() const noexcept { return buffer_.iov_len; }

private:
    iovec buffer_;  // so that a span of these is what sendmsg(2) takes
};

static_assert(sizeof(const_buffer) == sizeof(iovec) && std::is_standard_layout_v<const_buffer>);

namespace detail {

template <class T>
concept makes_const_buffer = std::convertible_to<const T&, const_buffer>;

}  // namespace detail

}  // namespace ringlet
