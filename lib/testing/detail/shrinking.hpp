#pragma once

#include "fault_selection.hpp"
#include "simulation_run.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace ringlet::testing::detail {

/// A run that has failed, and the faults under which it does.
struct failing_run {
    run_outcome outcome;
    fault_selection faults{};
};

/// Leaves out faults of a run for as long as it still fails: first whole kinds of them, then single
/// ones of the kinds that are needed. Each attempt is a run, by `run(faults)`, and these take about
/// `steps_max` steps together.
[[nodiscard]] failing_run shrink(run_outcome failing,
                                 const std::function<run_outcome(const fault_selection&)>& run,
                                 std::uint64_t steps_max);

/// The faults of a run that has failed, as a text: "resets #3, short receives #1 #7" where single
/// ones are known.
[[nodiscard]] std::string faults_text(const failing_run& failed);

}  // namespace ringlet::testing::detail
