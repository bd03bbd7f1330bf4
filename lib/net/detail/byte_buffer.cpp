#include <ringlet/loop/detail/frame_pool.hpp>
#include <ringlet/net/detail/byte_buffer.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace ringlet::detail {

namespace {

// memmove(3) wants valid pointers even for nothing.
void copy_bytes(char* to, const void* from, std::size_t size) noexcept {
    if (size > 0)
        std::memmove(to, from, size);
}

}  // namespace

mutable_buffer byte_buffer::prepare(std::size_t least, std::size_t most) {
    const bool fits_ordinary = least <= ordinary_ && size() <= ordinary_ / 2;
    if (least > capacity_)
        reallocate(std::max(ordinary_, std::clamp(2 * capacity_, least, std::max(least, most))));
    else if (capacity_ > ordinary_ && fits_ordinary)
        reallocate(ordinary_);
    else
        compact();
    return {memory_ + end_, (ordinary_ > 0 ? capacity_ : least) - end_};
}

void byte_buffer::append(const_buffer bytes) {
    if (bytes.size() == 0)
        return;
    const std::size_t total = size() + bytes.size();
    std::memcpy(prepare(total, total).data(), bytes.data(), bytes.size());
    commit(bytes.size());
}

void byte_buffer::prepend(const_buffer bytes) {
    if (bytes.size() > begin_)
        reallocate(std::max(capacity_, size() + bytes.size()), bytes.size());
    begin_ -= bytes.size();
    copy_bytes(memory_ + begin_, bytes.data(), bytes.size());
}

void byte_buffer::release() noexcept {
    if (memory_ != nullptr)
        frame_pool::deallocate(std::exchange(memory_, nullptr), capacity_);
    capacity_ = begin_ = end_ = 0;
}

// The bytes that move are part of one piece that is not complete yet, so that each byte moves once
// for every time that the memory has filled up: the cost is linear in all.
void byte_buffer::compact() noexcept {
    if (begin_ == 0)
        return;
    copy_bytes(memory_, memory_ + begin_, size());
    end_ -= std::exchange(begin_, 0);
}

void byte_buffer::reallocate(std::size_t capacity, std::size_t begin) {
    char* const memory = static_cast<char*>(frame_pool::allocate(capacity));
    const std::size_t count = size();
    copy_bytes(memory + begin, memory_ + begin_, count);
    release();
    memory_ = memory;
    capacity_ = capacity;
    begin_ = begin;
    end_ = begin + count;
}

}  // namespace ringlet::detail
