#pragma once

#include "waiting_operation.hpp"

#include <cstdint>
#include <vector>

namespace ringlet::detail::epoll {

/// The operations that wait, found by user_data, which a cancel names them by; and the memory that
/// they are recycled from, so that waiting costs no allocation.
class operation_index {
public:
    operation_index() : buckets_(buckets_first) {}
    operation_index(const operation_index&) = delete;
    operation_index& operator=(const operation_index&) = delete;

    /// A new one for `sqe`. Throws std::bad_alloc.
    waiting_operation& add(const io_uring_sqe& sqe);

    /// Forgets one, and recycles it.
    void remove(waiting_operation& ended) noexcept;

    [[nodiscard]] waiting_operation* find(std::uint64_t user_data) const noexcept;

    /// One for which `matches(operation)`, or nullptr; costs time in proportion to
    /// how many there are.
    template <class Matches>
    [[nodiscard]] waiting_operation* find_if(const Matches& matches) const {
        for (waiting_operation* one : buckets_)
            for (; one != nullptr; one = one->next_in_bucket)
                if (matches(*one))
                    return one;
        return nullptr;
    }

    /// All of them; the vector's memory is the one allocation.
    template <class Matches>
    [[nodiscard]] std::vector<waiting_operation*> matching(const Matches& matches) const {
        std::vector<waiting_operation*> found;
        static_cast<void>(find_if([&](waiting_operation& one) {
            if (matches(one))
                found.push_back(&one);
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
