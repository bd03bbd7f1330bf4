#include <ringlet/loop/detail/inbox.hpp>

namespace ringlet::detail {

inbox::~inbox() {
    do {
        while (taken_ != nullptr)
            std::exchange(taken_, taken_->next_)->discard();
        take();
    } while (taken_ != nullptr);
}

void inbox::take() noexcept {
    work_item* newest = posted_.exchange(nullptr, std::memory_order_acquire);
    work_item* oldest = nullptr;
    while (newest != nullptr) {
        work_item* const next = newest->next_;
        newest->next_ = oldest;
        oldest = newest;
        newest = next;
    }
    taken_ = oldest;
}

void inbox::run() {
    if (taken_ == nullptr) {
        if (posted_.load(std::memory_order_relaxed) == nullptr) [[likely]]
            return;
        take();
    }
    while (taken_ != nullptr)
        std::exchange(taken_, taken_->next_)->run();
}

}  // namespace ringlet::detail
