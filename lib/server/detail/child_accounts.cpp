#include "child_accounts.hpp"

#include <ringlet/base/detail/check.hpp>

namespace ringlet::detail {

child_accounts::child_accounts(counter_store& all, std::size_t first, log_throttle& lost)
    : all_(all), lost_(lost) {
    for (std::size_t slot = all.size(); slot-- > first;)
        free_.push_back(slot);
}

std::size_t child_accounts::open() {
    check(!free_.empty(), "a server has more children than it has counters for");
    const std::size_t slot = free_.back();
    free_.pop_back();
    return slot;
}

void child_accounts::cancel(std::size_t slot) noexcept {
    all_.settle_lost(slot);  // of a child that has begun and was killed
    free_.push_back(slot);   // takes no memory: the slot was in the vector before
}

void child_accounts::ended(std::size_t slot, pid_t child, const exit_status& status) noexcept {
    const auto requests = all_.settle_lost(slot);
    free_.push_back(slot);
    if (status.success() && requests == 0)
        return;
    counter_slot::count(all_.slot(0).children_lost);
    lost_.report({
        {"pid", child},
        {"status", status},
        {"requests", requests},
    });
}

}  // namespace ringlet::detail
