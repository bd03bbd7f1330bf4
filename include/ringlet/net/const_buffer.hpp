#pragma once

#include <ringlet/net/mutable_buffer.hpp>

#include <sys/uio.h>

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

namespace ringlet {

namespace detail {

/// Text that is no range of bytes, such as a `const char*`.
template <class T>
concept only_text =
    std::convertible_to<const T&, std::string_view> && !byte_range<const T&> && !std::is_array_v<T>;

}  // namespace detail

/// Memory to send. It is made from any contiguous range of `std::byte`, `char` or `unsigned char`,
/// or from text. A string literal is text and ends before its NUL; every other array counts whole.
///
/// Lifetime: a const_buffer is a view. The function to which it is passed says how long the memory
/// must last.
class const_buffer {
public:
    /// `size` bytes at `data`.
    const_buffer(const void* data, std::size_t size) noexcept
        : buffer_{const_cast<void*>(data), size} {}

    /// All bytes of a contiguous range, such as std::vector<std::byte> or std::span<const char>.
    template <detail::byte_range Range>
    const_buffer(const Range& range) noexcept  // NOLINT: meant to convert
        : const_buffer(std::ranges::data(range), std::ranges::size(range)) {}

    /// All characters of a text.
    const_buffer(std::string_view text) noexcept  // NOLINT: meant to convert
        : const_buffer(text.data(), text.size()) {}

    /// All characters of what converts to text; of a `const char*`, those before the NUL.
    template <detail::only_text Text>
    const_buffer(const Text& text) noexcept  // NOLINT: meant to convert
        : const_buffer(std::string_view(text)) {}

    /// A string literal, up to its NUL, which is not sent.
    template <std::size_t Size>
    const_buffer(const char (&literal)[Size]) noexcept  // NOLINT: meant to convert
        : const_buffer(std::string_view(literal, Size)
                           .substr(0, std::string_view(literal, Size).find('\0'))) {}

    /// All bytes of an array, NULs among them.
    template <std::size_t Size>
    const_buffer(char (&array)[Size]) noexcept  // NOLINT: meant to convert
        : const_buffer(static_cast<const void*>(array), Size) {}

    /// Where the bytes begin.
    [[nodiscard]] const void* data() const noexcept { return buffer_.iov_base; }

    /// How many bytes there are.
    [[nodiscard]] std::size_t size() const noexcept { return buffer_.iov_len; }

private:
    iovec buffer_;  // so that sendmsg(2) takes an array of const_buffers as it is
};

static_assert(sizeof(const_buffer) == sizeof(iovec) && std::is_standard_layout_v<const_buffer>);

namespace detail {

template <class T>
concept makes_const_buffer = std::convertible_to<const T&, const_buffer>;

/// How many bytes `buffers` have in all.
[[nodiscard]] inline std::size_t total_size(std::span<const const_buffer> buffers) noexcept {
    std::size_t total = 0;
    for (const const_buffer& buffer : buffers)
        total += buffer.size();
    return total;
}

}  // namespace detail

}  // namespace ringlet
