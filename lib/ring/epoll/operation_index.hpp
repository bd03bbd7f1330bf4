#pragma once

#include "waiting_operation.hpp"

#include <cstdint>
#include <vector>

namespace ringlet::detail::epoll {

/// Finds the operations that wait by their user_data, by which a cancel names them. It also
/// recycles their memory, so that waiting costs no allocation.
class operation_index {
public:
    operation_index() : buckets_(buckets_first) {}
    operation_index(const operation_index&) = delete;
    operation_index& operator=(const operation_index&) = delete;

    /// Adds an operation for `sqe`. Throws std::bad_alloc.
    waiting_operation& add(const io_uring_sqe& sqe);

    /// Removes an operation that has ended, and recycles its memory.
    void remove(waiting_operation& ended) noexcept;

    /// Finds an operation by its user_data; nullptr if none waits with it.
    [[nodiscard]] waiting_operation* find(std::uint64_t user_data) const noexcept;

    /// Finds an operation for which `matches(operation)` is true; nullptr if there is none. It
    /// takes time in proportion to the number of operations.
    template <class Matches>
    [[nodiscard]] waiting_operation* find_if(const Matches& matches) const {
        for (waiting_operation* waiting : buckets_)
            for (; waiting != nullptr; waiting = waiting->next_in_bucket)
                if (matches(*waiting))
                    return waiting;
        return nullptr;
    }

    /// Finds all operations for which `matches(operation)` is true; only the vector allocates
    /// memory.
    template <class Matches>
    [[nodiscard]] std::vector<waiting_operation*> matching(const Matches& matches) const {
        std::vector<waiting_operation*> found;
        static_cast<void>(find_if([&](waiting_operation& waiting) {
            if (matches(waiting))
                found.push_back(&waiting);
            return false;
        }));
        return found;
    }

private:
    static constexpr std::size_t buckets_first = 64;
    static constexpr std::size_t block_size = 64;

    waiting_operation*& bucket_of(std::uint64_t user_data) noexcept;
    void grow();
    waiting_operation& recycled();

    std::vector<waiting_operation*> buckets_;  // a power of two
    std::size_t size_ = 0;
    std::vector<std::unique_ptr<waiting_operation[]>> blocks_;
    waiting_operation* free_ = nullptr;
};

}  // namespace ringlet::detail::epoll
