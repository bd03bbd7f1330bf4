#include <ringlet/loop/inbox.hpp>

namespace ringlet {

inbox::~inbox() {
    do {
        while (taken_ != nullptr)
            delete std::exchange(taken_, taken_->next);
        take();
    } while (taken_ != nullptr);
}

void inbox::push(item* posted) noexcept {
    posted->next = posted_.load(std::memory_order_relaxed);
    while (!posted_.compare_exchange_weak(posted->next, posted)) {
    }
}

void inbox::take() noexcept {
    item* newest = posted_.exchange(nullptr, std::memory_order_acquire);
    item* oldest = nullptr;
    while (newest != nullptr) {
        item* const next = newest->next;
        newest->next = oldest;
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
    while (taken_ != nullptr) {
        const std::unique_ptr<item> first(std::exchange(taken_, taken_->next));
        first->run();
    }
}

bool inbox::sleep() noexcept {
    if (taken_ != nullptr)
        return false;
    // Sequentially consistent on both sides: either the poster sees the flag, or we see its work.
    sleeping_.store(true);
    if (posted_.load() == nullptr)
        return true;
    woke();
    return false;
}

}  // namespace ringlet
