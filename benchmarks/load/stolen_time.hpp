// How much of the CPUs' time the host of this machine has kept for others.
#pragma once

#include <cstdint>

// More than this, and the figures of a run say little.
inline constexpr double stolen_share_max = 0.05;

// The time of all CPUs since the system started, in clock ticks (proc(5), /proc/stat).
struct cpu_ticks {
    std::uint64_t all = 0;
    std::uint64_t stolen = 0;
};

// Zeros where the system does not tell.
cpu_ticks cpu_ticks_now();

// The stolen share of the time that has passed since `start`; 0 if none has.
double stolen_share_since(const cpu_ticks& start);
