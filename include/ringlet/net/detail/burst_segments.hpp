#pragma once

#include <compare>
#include <cstddef>
#include <iterator>
#include <span>

namespace ringlet::detail {

/// The datagrams of a burst, one behind the other in a buffer, as a random-access range of
/// std::span<std::byte>. All of them have one size, but the last one may be shorter. It stands in
/// the place of a view of the standard library, whose header would cost each user 0.2 s of compile
/// time.
///
/// Lifetime: the buffer outlives the range.
class burst_segments {
public:
    class iterator {
    public:
        using iterator_concept = std::random_access_iterator_tag;
        using iterator_category = std::input_iterator_tag;  // since `*` gives no reference
        using value_type = std::span<std::byte>;
        using difference_type = std::ptrdiff_t;
        using reference = value_type;
        using pointer = void;

        iterator() noexcept = default;

        reference operator*() const noexcept {
            const std::size_t first = static_cast<std::size_t>(index_) * segment_size_;
            const std::size_t rest = bytes_.size() - first;
            return bytes_.subspan(first, rest < segment_size_ ? rest : segment_size_);
        }
        reference operator[](difference_type distance) const noexcept {
            return *(*this + distance);
        }

        iterator& operator+=(difference_type distance) noexcept {
            index_ += distance;
            return *this;
        }
        iterator& operator-=(difference_type distance) noexcept { return *this += -distance; }
        iterator& operator++() noexcept { return *this += 1; }
        iterator& operator--() noexcept { return *this -= 1; }
        iterator operator++(int) noexcept { return ++*this - 1; }
        iterator operator--(int) noexcept { return --*this + 1; }

        friend iterator operator+(iterator from, difference_type distance) noexcept {
            return from += distance;
        }
        friend iterator operator+(difference_type distance, iterator from) noexcept {
            return from += distance;
        }
        friend iterator operator-(iterator from, difference_type distance) noexcept {
            return from -= distance;
        }
        friend difference_type operator-(const iterator& to, const iterator& from) noexcept {
            return to.index_ - from.index_;
        }
        friend bool operator==(const iterator& one, const iterator& other) noexcept {
            return one.index_ == other.index_;
        }
        friend std::strong_ordering operator<=>(const iterator& one,
                                                const iterator& other) noexcept {
            return one.index_ <=> other.index_;
        }

    private:
        friend burst_segments;

        iterator(std::span<std::byte> bytes, std::size_t segment_size,
                 difference_type index) noexcept
            : bytes_(bytes), segment_size_(segment_size), index_(index) {}

        std::span<std::byte> bytes_;
        std::size_t segment_size_ = 0;
        difference_type index_ = 0;
    };

    /// The first `count` segments of `bytes`, each of `segment_size` bytes, or less at the end.
    burst_segments(std::span<std::byte> bytes, std::size_t segment_size, std::size_t count) noexcept
        : bytes_(bytes), segment_size_(segment_size), count_(count) {}

    [[nodiscard]] iterator begin() const noexcept { return {bytes_, segment_size_, 0}; }
    [[nodiscard]] iterator end() const noexcept {
        return {bytes_, segment_size_, static_cast<std::ptrdiff_t>(count_)};
    }

    /// How many datagrams there are.
    [[nodiscard]] std::size_t size() const noexcept { return count_; }

    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    [[nodiscard]] std::span<std::byte> front() const noexcept { return *begin(); }
    [[nodiscard]] std::span<std::byte> back() const noexcept { return *(end() - 1); }

    /// The datagram that came as number `index`, from 0 on.
    [[nodiscard]] std::span<std::byte> operator[](std::size_t index) const noexcept {
        return begin()[static_cast<std::ptrdiff_t>(index)];
    }

private:
    std::span<std::byte> bytes_;
    std::size_t segment_size_;
    std::size_t count_;
};

}  // namespace ringlet::detail
