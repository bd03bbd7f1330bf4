// The paired measurement: servers side by side on one CPU, loaded in turn in short slices, compared
// slice by slice. Machines drift by a third within a minute; within a fraction of a second they do
// not, so the ratio of neighbouring slices tells what the absolute figures cannot.
#pragma once

#include "closed_loop.hpp"
#include "machine.hpp"
#include "quartiles.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

struct server_command {
    std::string name;
    std::string command;  // `{}` in it stands for what the load asks of the server
};

struct comparison_settings {
    std::chrono::duration<double> length{9};  // all slices of all servers together
    std::chrono::milliseconds slice{100};
    unsigned warmup_rounds = 2;
};

// How one server did. Ratios are against the first server, whose own are 1.
struct standing {
    std::string name;
    quartiles cpu_ratio;   // of CPU time per message: lower is better
    quartiles rate_ratio;  // of messages per second: higher is better
    quartiles cpu_ns_per_message;
    quartiles messages_per_second;
    std::chrono::nanoseconds p50{};
    std::chrono::nanoseconds p90{};
    std::chrono::nanoseconds p99{};
    std::chrono::nanoseconds p999{};
    std::size_t slices = 0;
    std::uint64_t lost = 0;                     // datagrams
    std::optional<double> bytes_per_idle = {};  // resident memory, of each idle connection
};

// A function that is called after each round, with the fraction of the time that has passed.
using progress_callback = std::function<void(double)>;

// Starts the servers, measures, and stops them. Throws server_failure naming the server that
// failed; throws std::system_error when this side is at fault, and `interrupted` after SIGINT or
// SIGTERM.
[[nodiscard]] std::vector<standing> compare(const std::vector<server_command>& servers,
                                            const load_settings& load,
                                            const comparison_settings& settings,
                                            const cpu_plan& cpus,
                                            const progress_callback& progress);

struct interrupted {};

// Lets SIGINT and SIGTERM end a comparison at the next slice, from the call on.
void end_comparison_on_signals();
