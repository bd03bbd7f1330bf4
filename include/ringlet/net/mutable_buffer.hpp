#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>
#include <type_traits>

namespace ringlet {

namespace detail {

template <class T>
concept byte_like =
    std::same_as<std::remove_cv_t<T>, std::byte> || std::same_as < std::remove_cv_t<T>,
char > || std::same_as<std::remove_cv_t<T>, unsigned char>;

template <class R>
concept byte_range = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
    byte_like<std::remove_reference_t<std::ranges::range_reference_t<R>>>;

}  // namespace detail

/// Memory to receive into. Made from any contiguous range of `std::byte`, `char` or `unsigned char`
/// (an array, `std::array`, `std::vector`, `std::string`, `std::span`), so that nobody has to cast.
///
/// Lifetime: a view; the memory must last as long as what it is passed to says.
class mutable_buffer {
public:
    mutable_buffer(void* data, std::size_t size) noexcept : data_(data), size_(size) {}

    template <detail::byte_range Range>
    requires(std::ranges::borrowed_range<Range> || std::is_lvalue_reference_v<Range>) &&
        (!std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<Range>>>)
            mutable_buffer(Range&& range) noexcept  // NOLINT: meant to convert
        : data_(std::ranges::data(range)),
    size_(std::ranges::size(range)) {}

    [[nodiscard]] void* data() const noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    void* data_;
    std::size_t size_;
};

}  // namespace ringlet
