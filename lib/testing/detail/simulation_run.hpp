#pragma once

#include "host_runner.hpp"
#include "world.hpp"

#include <ringlet/testing/simulate.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ringlet::testing::detail {

/// What has come of a run.
struct run_outcome {
    std::string failure;  // empty where it has passed
    std::string state;    // what waited when it failed
    std::uint64_t digest = 0;
    std::uint64_t steps = 0;
    std::uint64_t operations = 0;
    std::chrono::nanoseconds simulated{0};
    fault_set faults;  // those that could occur
    fault_counts injected{};
    detail::trace noted{false};
    std::vector<std::string> hosts;

    /// What has happened, if it was recorded.
    [[nodiscard]] std::vector<std::string> trace() const { return noted.lines(hosts); }
    [[nodiscard]] bool failed() const noexcept { return !failure.empty(); }
};

/// One run of a scenario: the world, its hosts, and the scenario, which runs on a host of its own.
class simulation_run {
public:
    simulation_run(const simulate_options& options, const world_options& of_world);
    simulation_run(const simulation_run&) = delete;
    simulation_run& operator=(const simulation_run&) = delete;
    ~simulation_run();

    /// Runs the scenario to its end.
    run_outcome run(const scenario& body);

    [[nodiscard]] simulated_host& host(std::string_view name);
    [[nodiscard]] task<> calm();
    void add_invariant(std::function<void()> check) { invariants_.push_back(std::move(check)); }
    [[nodiscard]] std::uint64_t seed() const noexcept { return world_->options().seed; }

    /// The name of the host on which the scenario runs.
    static constexpr std::string_view scenario_host = "scenario";

private:
    host_runner& add_host(std::string_view name);
    task<> play(const scenario& body);
    void run_to_end_of_scenario();
    void check_invariants();
    void begin_calm();
    void end_calm();
    void end_all_tasks();
    void check_what_is_left();
    [[nodiscard]] bool all_ended() const noexcept;
    [[nodiscard]] bool all_ended_but_scenario() const noexcept;

    const simulate_options& options_;
    std::unique_ptr<world> world_;
    std::vector<std::unique_ptr<host_runner>> hosts_;
    simulation simulation_;
    std::vector<std::function<void()>> invariants_;
    bool scenario_ended_ = false;
    event* rest_ = nullptr;  // what waits in `calm`
    world::time_point calm_from_{};
    world::time_point calm_until_ = world::time_point::max();
    bool calm_ = false;  // there are no faults any more
};

}  // namespace ringlet::testing::detail
