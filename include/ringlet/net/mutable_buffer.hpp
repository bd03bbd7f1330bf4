#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>
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

/// What lasts longer than the expression that names it, and can be written to.
template <class Range>
concept writable_range = byte_range<Range> && !std::is_const_v<element_of<Range>> &&
                         (std::ranges::borrowed_range<Range> || std::is_lvalue_reference_v<Range>);

}  // namespace detail

/// Memory to receive into. Made from any contiguous range of `std::byte`, `char` or `unsigned char`
/// (an array, `std::array`, `std::vector`, `std::string`, `std::span`), so that nobody has to cast.
///
/// Lifetime: a view; the memory must last as long as what it is passed to says.
class mutable_buffer {
public:
    mutable_buffer(void* data, std::size_t size) noexcept : data_(data), size_(size) {}

    template <detail::writable_range Range>
    mutable_buffer(Range&& range) noexcept  // NOLINT: meant to convert
        : data_(std::ranges::data(range)), size_(std::ranges::size(range)) {}

    [[nodiscard]] void* data() const noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    void* data_;
    std::size_t size_;
};

}  // namespace ringlet
