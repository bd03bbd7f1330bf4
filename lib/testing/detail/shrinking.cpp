#include "shrinking.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace ringlet::testing::detail {

namespace {

// Somebody waits for the answer. The kinds take one run each, and a single fault among n takes
// about 2 log2(n).
constexpr unsigned runs_max = 200;

constexpr std::size_t numbers_shown = 10;

class shrinker {
public:
    shrinker(run_outcome failing, const std::function<run_outcome(const fault_selection&)>& run,
             std::uint64_t steps_max)
        : least_{std::move(failing)}, run_(run), steps_max_(steps_max) {}

    failing_run shrink() {
        for (std::size_t kind = 0; kind < fault_count; ++kind)
            if (least_.outcome.faults.test(kind))
                leave_out(kind);
        for (std::size_t kind = 0; kind < fault_count; ++kind)
            if (least_.outcome.faults.test(kind) && fault_kinds[kind].probability != nullptr)
                leave_out_single(kind);
        return std::move(least_);
    }

private:
    void leave_out(std::size_t kind) {
        fault_selection tried = least_.faults;
        tried.left_out.set(kind);
        try_with(std::move(tried));
    }

    /// Leaves out runs of faults, each half as long as those before, down to single ones.
    void leave_out_single(std::size_t kind) {
        std::vector<std::uint64_t> all(least_.outcome.injected[kind]);
        std::iota(all.begin(), all.end(), 1);
        least_.faults.kept[kind] = std::move(all);  // which is all that there are
        for (std::size_t size = kept(kind).size(); size > 1;) {
            size = (size + 1) / 2;
            for (std::size_t begin = 0; begin < kept(kind).size();)
                if (!try_without(kind, begin, size))
                    begin += size;
        }
    }

    [[nodiscard]] const std::vector<std::uint64_t>& kept(std::size_t kind) const {
        return *least_.faults.kept[kind];
    }

    bool try_without(std::size_t kind, std::size_t begin, std::size_t size) {
        fault_selection tried = least_.faults;
        std::vector<std::uint64_t>& numbers = *tried.kept[kind];
        const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(begin);
        numbers.erase(first,
                      first + static_cast<std::ptrdiff_t>(std::min(size, numbers.size() - begin)));
        return try_with(std::move(tried));
    }

    bool try_with(fault_selection tried) {
        if (runs_ >= runs_max || steps_ >= steps_max_)
            return false;
        run_outcome outcome = run_(tried);
        ++runs_;
        steps_ += outcome.steps;
        if (!outcome.failed())
            return false;
        least_ = {std::move(outcome), std::move(tried)};
        return true;
    }

    failing_run least_;
    const std::function<run_outcome(const fault_selection&)>& run_;
    const std::uint64_t steps_max_;
    std::uint64_t steps_ = 0;
    unsigned runs_ = 0;
};

}  // namespace

failing_run shrink(run_outcome failing,
                   const std::function<run_outcome(const fault_selection&)>& run,
                   std::uint64_t steps_max) {
    return shrinker(std::move(failing), run, steps_max).shrink();
}

std::string faults_text(const failing_run& failed) {
    std::string text;
    for (std::size_t kind = 0; kind < fault_count; ++kind) {
        if (!failed.outcome.faults.test(kind))
            continue;
        text += (text.empty() ? "" : ", ") + std::string(fault_kinds[kind].name);
        if (!failed.faults.kept[kind])
            continue;
        const std::vector<std::uint64_t>& numbers = *failed.faults.kept[kind];
        for (std::size_t i = 0; i < std::min(numbers.size(), numbers_shown); ++i)
            text += " #" + std::to_string(numbers[i]);
        if (numbers.size() > numbers_shown)
            text += " and " + std::to_string(numbers.size() - numbers_shown) + " more";
    }
    return text.empty() ? "none" : text;
}

}  // namespace ringlet::testing::detail
