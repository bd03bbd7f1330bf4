// The CPU time and the memory that a process and its children use.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>

// CPU time of the process and its descendants so far: of those that live exactly, threads that have
// ended and io_uring's workers included (clock_getcpuclockid(3)), of children already reaped in
// clock ticks. Up to a tick old for a thread that runs.
std::chrono::nanoseconds cpu_time_of(pid_t pid);

// Resident memory of the process and its descendants, what several share counted once (PSS in
// /proc/<pid>/smaps_rollup). Nothing where the system does not tell.
std::optional<std::size_t> memory_of(pid_t pid);
