#include <ringlet/loop/detail/frame_pool.hpp>
#include <ringlet/loop/detail/receive_buffers.hpp>

namespace ringlet::detail {

std::byte* receive_buffers::take() {
    if (lent_ == count_max_)
        return nullptr;
    auto* const buffer = static_cast<std::byte*>(frame_pool::allocate(size_));
    ++lent_;
    return buffer;
}

std::byte* receive_buffers::take_to_hold(receiver& holder, time_point now) {
    if (held_ == held_max_) {
        if (holding_.empty() || now - holding_.front().waiting_since() < hold_time)
            return nullptr;
        take_from_longest_holder();
    }
    std::byte* const buffer = take();
    if (buffer != nullptr) {
        holding_.push_back(holder);
        ++held_;
    }
    return buffer;
}

void receive_buffers::take_from_longest_holder() {
    receiver& longest = holding_.front();
    end_hold(longest);
    longest.yield_buffer();
}

void receive_buffers::wait(receiver& next) {
    waiting_.push_back(next);
    if (!holding_.empty())
        take_from_longest_holder();
}

void receive_buffers::end_hold(receiver& holder) noexcept {
    holder.unlink();
    --held_;
}

void receive_buffers::give_back(std::byte* buffer) {
    if (!waiting_.empty()) {
        waiting_.pop_front().lend(buffer);
        return;
    }
    frame_pool::deallocate(buffer, size_);
    --lent_;
}

}  // namespace ringlet::detail
