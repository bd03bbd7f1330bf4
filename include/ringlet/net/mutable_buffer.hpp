#pragma once

#include <concepts>
#include <cstddef>
#include <span>  // with the concepts of its constructor from a range; <ranges> costs much more
#include <type_traits>

namespace ringlet {

namespace detail {

template <class T, class... Others>
concept one_of = (std::same_as<T, Others> || ...);

template <class T>
concept byte_like = one_of < std::remove_cv_t<T>,
        std::byte,
char, unsigned char > ;

template <class Range>
using element_of = std::remove_reference_t<std::ranges::range_reference_t<Range>>;

template <class Range>
concept byte_range = std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range> &&
    byte_like<element_of<Range>>;

/// A range of bytes that can be written to, and that lasts longer than the expression that names
/// it.
template <class Range>
concept writable_range = byte_range<Range> && !std::is_const_v<element_of<Range>> &&
                         (std::ranges::borrowed_range<Range> || std::is_lvalue_reference_v<Range>);

}  // namespace detail

/// Memory to receive into. It is made from any contiguous range of `std::byte`, `char` or `unsigned
/// char`: an array, `std::array`, `std::vector`, `std::string` or `std::span`.
///
/// Lifetime: a mutable_buffer is a view. The function to which it is passed says how long the
/// memory must last.
class mutable_buffer {
public:
    /// `size` bytes at `data`.
    mutable_buffer(void* data, std::size_t size) noexcept : data_(data), size_(size) {}

    /// All bytes of a contiguous range, such as std::array<std::byte, 4096>&.
    template <detail::writable_range Range>
    mutable_buffer(Range&& range) noexcept  // NOLINT: meant to convert
        : data_(std::ranges::data(range)), size_(std::ranges::size(range)) {}

    /// Where the bytes begin.
    [[nodiscard]] void* data() const noexcept { return data_; }

    /// How many bytes there are.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    void* data_;
    std::size_t size_;
};

}  // namespace ringlet
