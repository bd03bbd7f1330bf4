// What waking a sleeping CPU costs, which decides what there is to gain with one connection: its
// server and its client sleep in turn.
#pragma once

#include "machine.hpp"

#include <chrono>
#include <optional>

// Lets two threads wake each other in turn by eventfd(2), on the CPU of the load and the first of
// the servers. Gives half the median time of a round: from the write to the return of the other
// thread's read. Takes a fraction of a second; nothing where the plan has no CPUs to pin to.
std::optional<std::chrono::nanoseconds> measure_wake_up(const cpu_plan& cpus);
