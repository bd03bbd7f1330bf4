#include <ringlet/base/detail/check.hpp>
#include <ringlet/loop/detail/timer_queue.hpp>

#include <tuple>
#include <utility>

namespace ringlet::detail {

void timer_queue::arm(timer& one, time_point deadline) noexcept {
    check(!one.armed_, "a timer was armed twice; disarm it first");
    one.deadline_ = deadline;
    one.order_ = armed_count_++;
    one.armed_ = true;
    root_ = meld(root_, &one);
}

bool timer_queue::disarm(timer& one) noexcept {
    if (!one.armed_)
        return false;
    if (&one == root_) {
        root_ = meld_siblings(one.child_);
    } else {
        (one.before_->child_ == &one ? one.before_->child_ : one.before_->sibling_) = one.sibling_;
        if (one.sibling_ != nullptr)
            one.sibling_->before_ = one.before_;
        root_ = meld(root_, meld_siblings(one.child_));
    }
    one.child_ = one.sibling_ = one.before_ = nullptr;
    one.armed_ = false;
    return true;
}

void timer_queue::expire_until(time_point now) {
    while (root_ != nullptr && root_->deadline_ <= now) {
        timer& first = *root_;
        disarm(first);
        first.expire();
    }
}

timer* timer_queue::meld(timer* one, timer* other) noexcept {
    if (one == nullptr)
        return other;
    if (other == nullptr)
        return one;
    if (std::tie(other->deadline_, other->order_) < std::tie(one->deadline_, one->order_))
        std::swap(one, other);
    other->before_ = one;
    other->sibling_ = one->child_;
    if (one->child_ != nullptr)
        one->child_->before_ = other;
    one->child_ = other;
    return one;
}

timer* timer_queue::meld_siblings(timer* first) noexcept {
    // Two passes: pairs from left to right, stacked through `sibling_`, then the pairs from right
    // to left. This order is what makes the cost logarithmic, and a loop what keeps the stack flat.
    timer* pairs = nullptr;
    while (first != nullptr) {
        timer* const second = first->sibling_;
        timer* const rest = second == nullptr ? nullptr : second->sibling_;
        first->sibling_ = first->before_ = nullptr;
        if (second != nullptr)
            second->sibling_ = second->before_ = nullptr;
        timer* const pair = meld(first, second);
        pair->sibling_ = pairs;
        pairs = pair;
        first = rest;
    }
    timer* root = nullptr;
    while (pairs != nullptr) {
        timer* const next = std::exchange(pairs->sibling_, nullptr);
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

}  // namespace ringlet::detail
