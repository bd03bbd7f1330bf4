#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/testing/random_source.hpp>
#include <ringlet/testing/simulated_host.hpp>
#include <ringlet/testing/simulated_network.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ringlet::testing {

namespace detail {
class simulation_run;
}  // namespace detail

/// One run of a scenario under a seed: hosts, the network between them, and their common time,
/// which passes only while none of them has anything to do. `simulate` makes it.
///
/// One thread: all that the scenario starts runs in the thread that simulates.
class simulation {
public:
    simulation(detail::simulation_run& run, detail::world& owner) noexcept;
    simulation(const simulation&) = delete;
    simulation& operator=(const simulation&) = delete;

    /// The host of this name, which is made at the first call.
    [[nodiscard]] simulated_host& host(std::string_view name);

    /// The network between the hosts.
    [[nodiscard]] simulated_network& network() noexcept { return network_; }

    /// Random numbers for the scenario itself, such as what a client sends.
    [[nodiscard]] random_source& random() noexcept { return random_; }

    [[nodiscard]] std::uint64_t seed() const noexcept;

    /// The simulated time since the beginning.
    [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept;

    /// Lets all tasks go on for simulate_options::chaos_time, or until they have ended. Then ends
    /// all faults, those that are drawn and those made by hand, and waits until everything has come
    /// to rest: until all tasks have ended, or nothing will happen any more by itself, as where
    /// only servers are left, which wait for clients. If that does not come to pass within
    /// simulate_options::calm_max, the simulation fails. What has to happen in the end is to be
    /// checked after this. The scenario itself awaits it: elsewhere, and twice at a time, it throws
    /// std::logic_error.
    [[nodiscard]] task<> calm();

    /// Calls `check` after everything that happens, until the scenario ends: for what has to hold
    /// at each moment, such as that a server has as many connections as it has accepted and not
    /// finished. It states that by `always`, and may refer to what the scenario owns.
    void invariant(std::function<void()> check);

    /// Writes a sentence into the trace.
    void note(std::string sentence);

private:
    detail::simulation_run& run_;
    detail::world& world_;
    simulated_network network_;
    random_source random_;
};

}  // namespace ringlet::testing
