#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace ringlet::detail {

/// A FIFO of at most `capacity` items, whose memory is allocated once: neither pushing nor popping
/// can fail.
///
/// One thread at a time.
template <class T>
class bounded_queue {
    static_assert(std::is_nothrow_move_constructible_v<T>,
                  "an item whose move may throw could be lost on its way; use a std::unique_ptr");

public:
    /// Makes an empty queue. Throws std::bad_alloc if there is no memory for `capacity` items.
    explicit bounded_queue(std::size_t capacity)
        : capacity_(capacity), slots_(std::allocator<T>().allocate(capacity)) {}
    bounded_queue(const bounded_queue&) = delete;
    bounded_queue& operator=(const bounded_queue&) = delete;
    ~bounded_queue() {
        while (!empty())
            pop_front();
        std::allocator<T>().deallocate(slots_, capacity_);
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] bool full() const noexcept { return size_ == capacity_; }

    /// Adds an item; the queue must not be full.
    void push_back(T&& item) noexcept {
        const std::size_t left = capacity_ - first_;
        std::construct_at(slots_ + (size_ < left ? first_ + size_ : size_ - left), std::move(item));
        ++size_;
    }

    /// The oldest item; the queue must not be empty.
    [[nodiscard]] T& front() noexcept { return slots_[first_]; }

    /// Destroys the oldest item; the queue must not be empty.
    void pop_front() noexcept {
        std::destroy_at(slots_ + first_);
        first_ = first_ + 1 == capacity_ ? 0 : first_ + 1;
        --size_;
    }

private:
    std::size_t capacity_;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
    T* slots_;
};

}  // namespace ringlet::detail
