#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/testing/always.hpp>
#include <ringlet/testing/fault_options.hpp>
#include <ringlet/testing/simulation.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace ringlet::testing {

/// How a scenario is simulated.
struct simulate_options {
    /// How many seeds are tried, from `first_seed` on. The environment variables RINGLET_SEEDS and
    /// RINGLET_FIRST_SEED say otherwise, and RINGLET_SEED has only that one seed tried, so that a
    /// failure can be repeated.
    std::uint64_t seeds = 100;
    std::uint64_t first_seed = 1;

    /// Tries seeds for this long, however many they are, where it is more than 0. The environment
    /// variable RINGLET_SIMULATE_FOR, in seconds, says otherwise.
    std::chrono::seconds run_for{0};

    /// What may go wrong.
    fault_options faults{};

    /// Each seed of this many is run twice, to see that it does the same again; 0 for none.
    std::uint64_t repeat_each = 16;

    /// The longest simulated time of a run, and the most steps: turns of loops, arrivals, timers. A
    /// server with a few clients takes some hundred steps to some ten thousand, and a coroutine
    /// that goes on without an end is to be told of within seconds. A scenario that moves hundreds
    /// of kilobytes byte by byte may need more.
    std::chrono::nanoseconds time_max = std::chrono::hours(24);
    std::uint64_t steps_max = 1'000'000;

    /// How long faults go on where the scenario awaits `calm`, if not all tasks end before that.
    std::chrono::nanoseconds chaos_time = std::chrono::seconds(10);

    /// The longest simulated time between the end of all faults and rest.
    std::chrono::nanoseconds calm_max = std::chrono::minutes(30);

    /// The longest real time that one turn of a loop may take: a handler that blocks its thread
    /// ends the program with a sentence then.
    std::chrono::seconds blocked_max{30};

    /// Whether a failure is narrowed down, by leaving faults out while it still occurs: whole kinds
    /// of them, then single ones. That takes about `steps_max` steps at most, and 200 runs.
    bool shrink = true;

    /// What `sometimes`, `reached` and `always` have to have reached at the end, by their texts.
    std::vector<std::string> expected{};
};

/// How a scenario has passed under all of its seeds.
struct simulation_report {
    std::uint64_t seeds = 0;                ///< How many were tried.
    std::uint64_t runs = 0;                 ///< More than seeds: some are run twice, or more often.
    std::uint64_t steps = 0;                ///< Of all runs together.
    std::chrono::nanoseconds simulated{0};  ///< The time that has passed in them.
    std::vector<std::string> never{};       ///< What `sometimes` has named and was never true.

    /// How often each `sometimes` was true, each place was `reached`, and each `always` has held,
    /// by their texts.
    std::map<std::string, std::uint64_t> reached{};
};

/// What `simulate` throws where a scenario fails under a seed. Its text has the seed, the command
/// that repeats it, why it has failed, which faults are needed for that, and what was going on.
class simulation_failed : public std::runtime_error {
public:
    simulation_failed(const std::string& text, std::uint64_t failing_seed)
        : std::runtime_error(text), seed_(failing_seed) {}

    [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

private:
    std::uint64_t seed_;
};

/// A test of a network: a coroutine that makes hosts and servers, lets them run, and checks what
/// they do. It is called once for each seed, and must keep nothing from one call to the next.
using scenario = std::function<task<>(simulation&)>;

/// Runs a scenario under many seeds, each of which decides the order of all that happens and what
/// goes wrong. Handlers, clients and servers are those of the program, unchanged: they find the
/// simulated network by themselves.
///
///     ringlet::testing::simulate({.seeds = 1000}, [](auto& sim) -> ringlet::task<> {
///         auto& server = sim.host("server");
///         server.spawn([]() -> ringlet::task<> {
///             my_server served(":9999");
///             co_await served.serve();
///         });
///         ...
///         co_await sim.calm();
///     });
///
/// A run fails where the scenario or a task on a host throws, where `always` is violated, where
/// nothing can happen any more though the scenario has not ended, where a limit is passed, where a
/// socket is left open, and where a run of the same seed is not the same. Then simulation_failed is
/// thrown, after the text was written to stderr. Throws std::invalid_argument for bad options, and
/// std::logic_error inside of a simulation.
simulation_report simulate(const simulate_options& options, const scenario& body);

/// Runs a scenario without faults, and then again for each operation of a socket that it begins,
/// with that one failing. It has to end each time; it and the tasks on its hosts may throw. What
/// must hold afterwards is what `simulate` checks: no socket left open, no coroutine left waiting.
/// Throws as `simulate` does.
simulation_report fail_each_operation(const simulate_options& options, const scenario& body);

}  // namespace ringlet::testing
