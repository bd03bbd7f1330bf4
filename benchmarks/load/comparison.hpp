// The paired measurement: servers side by side on one CPU, loaded in turn in short slices, compared
// slice by slice. Machines drift by a third within a minute; within a fraction of a second they do
// not, so the ratio of neighbouring slices tells what the absolute figures cannot.
#pragma once

#include "closed_loop.hpp"
#include "machine.hpp"
#include "quartiles.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

struct server_command {
    std::string name;
    std::string command;
};

struct comparison_settings {
    load_settings load;
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
    std::chrono::nanoseconds p99{};
    std::size_t slices = 0;
};

// Told after each round: the fraction of the time that has passed.
using progress_callback = std::function<void(double)>;

// Starts the servers, measures, and stops them. Throws server_failure naming the server that
// failed; throws std::system_error when this side is at fault, and `interrupted` after SIGINT or
// SIGTERM.
std::vector<standing> compare(const std::vector<server_command>& servers,
                              const comparison_settings& settings, const cpu_plan& cpus,
                              const progress_callback& progress);

struct interrupted {};

// From then on SIGINT and SIGTERM end a comparison at the next slice.
void end_comparison_on_signals();
