#include "operation_index.hpp"

#include <utility>

namespace ringlet::detail::epoll {

waiting_operation& operation_index::add(const io_uring_sqe& sqe) {
    if (size_ == buckets_.size())
        grow();
    waiting_operation& added = recycled();
    static_cast<io_uring_sqe&>(added) = sqe;
    added.armed = false;
    added.so_far = {};
    added.pause = {};
    waiting_operation*& bucket = bucket_of(sqe.user_data);
    added.next_in_bucket = std::exchange(bucket, &added);
    ++size_;
    return added;
}

void operation_index::remove(waiting_operation& ended) noexcept {
    ended.unlink();
    waiting_operation** link = &bucket_of(ended.user_data);
    while (*link != &ended)
        link = &(*link)->next_in_bucket;
    *link = ended.next_in_bucket;
    --size_;
    ended.next_in_bucket = std::exchange(free_, &ended);
}

waiting_operation* operation_index::find(std::uint64_t user_data) const noexcept {
    waiting_operation* found = const_cast<operation_index*>(this)->bucket_of(user_data);
    while (found != nullptr && found->user_data != user_data)
        found = found->next_in_bucket;
    return found;
}

// Addresses differ in the middle bits first; multiplying by the golden ratio brings them to the top
// (Knuth, The Art of Computer Programming, 6.4).
waiting_operation*& operation_index::bucket_of(std::uint64_t user_data) noexcept {
    const std::uint64_t mixed = user_data * 0x9e3779b97f4a7c15U;
    return buckets_[(mixed >> 32U) & (buckets_.size() - 1)];
}

void operation_index::grow() {
    std::vector<waiting_operation*> old_buckets(buckets_.size() * 2);
    old_buckets.swap(buckets_);
    for (waiting_operation* moved : old_buckets)
        while (moved != nullptr) {
            waiting_operation* const next = moved->next_in_bucket;
            moved->next_in_bucket = std::exchange(bucket_of(moved->user_data), moved);
            moved = next;
        }
}

waiting_operation& operation_index::recycled() {
    if (free_ == nullptr) {
        blocks_.push_back(std::make_unique<waiting_operation[]>(block_size));
        for (std::size_t i = 0; i < block_size; ++i) {
            blocks_.back()[i].next_in_bucket = free_;
            free_ = &blocks_.back()[i];
        }
    }
    return *std::exchange(free_, free_->next_in_bucket);
}

}  // namespace ringlet::detail::epoll
