#include "running_loops.hpp"
#include "base/detail/per_process.hpp"

#include <ringlet/loop/loop.hpp>

namespace ringlet::detail {

running_loop::running_loop(loop& running) : owner(running), all_(running_loops::of_this_process()) {
    all_.add(*this);
}

running_loop::~running_loop() {
    all_.remove(*this);
}

running_loops& running_loops::of_this_process() {
    return per_process<running_loops>::get();
}

void running_loops::add(running_loop& one) noexcept {
    const std::lock_guard lock(mutex_);
    loops_.push_back(one);
}

void running_loops::remove(running_loop& one) noexcept {
    // In a child of fork(2) they are the parent's, and perhaps locked for good.
    if (!per_process<running_loops>::has(*this))
        return;
    const std::lock_guard lock(mutex_);
    one.unlink();
}

void running_loops::share_own() noexcept {
    for_each([](running_loop& one) { one.is_shared |= &one.owner == loop::current(); });
}

}  // namespace ringlet::detail
