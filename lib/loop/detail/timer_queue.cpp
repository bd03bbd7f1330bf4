#include <ringlet/base/detail/check.hpp>
#include <ringlet/loop/detail/timer_queue.hpp>

#include <tuple>
#include <utility>

namespace ringlet::detail {

void timer_queue::arm(timer& added, time_point deadline) noexcept {
    check(!added.armed_, "a timer was armed twice; disarm it first");
    added.deadline_ = deadline;
    added.order_ = armed_count_++;
    added.armed_ = true;
    root_ = meld(root_, &added);
}

bool timer_queue::disarm(timer& removed) noexcept {
    if (!removed.armed_)
        return false;
    if (&removed == root_) {
        root_ = meld_siblings(removed.child_);
    } else {
        (removed.before_->child_ == &removed ? removed.before_->child_
                                             : removed.before_->sibling_) = removed.sibling_;
        if (removed.sibling_ != nullptr)
            removed.sibling_->before_ = removed.before_;
        root_ = meld(root_, meld_siblings(removed.child_));
    }
    removed.child_ = removed.sibling_ = removed.before_ = nullptr;
    removed.armed_ = false;
    return true;
}

void timer_queue::expire_until(time_point now) {
    while (root_ != nullptr && root_->deadline_ <= now) {
        timer& first = *root_;
        disarm(first);
        first.expire();
    }
}

timer* timer_queue::meld(timer* earlier, timer* later) noexcept {
    if (earlier == nullptr)
        return later;
    if (later == nullptr)
        return earlier;
    if (std::tie(later->deadline_, later->order_) < std::tie(earlier->deadline_, earlier->order_))
        std::swap(earlier, later);
    later->before_ = earlier;
    later->sibling_ = earlier->child_;
    if (earlier->child_ != nullptr)
        earlier->child_->before_ = later;
    earlier->child_ = later;
    return earlier;
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
