#include <ringlet/loop/detail/adaptive_spin.hpp>

#include <algorithm>
#include <utility>

namespace ringlet::detail {

void adaptive_spin::end_period(const usage& total) noexcept {
    const usage before = std::exchange(before_, total);
    const auto failures = std::exchange(failures_, 0);
    waits_ = 1;  // the one that is due
    if (rest_ > 0) {
        --rest_;
        if (failures > period_waits / 2)
            rest_ = rest_length_ = 0;
        return;
    }
    const auto completions = std::max<std::uint64_t>(total.completions - before.completions, 1);
    costs_[spins_] += static_cast<double>((total.cpu_time - before.cpu_time).count()) /
                      static_cast<double>(completions);
    spins_ = !spins_;
    if (++tried_ < trial_periods)
        return;
    tried_ = 0;
    const auto costs = std::exchange(costs_, {});
    const bool better = costs[true] <= costs[false];
    rest_length_ = better == favourite_ ? std::min(2 * rest_length_ + 1, rest_max) : 1;
    rest_ = rest_length_;
    spins_ = favourite_ = better;
}

}  // namespace ringlet::detail
