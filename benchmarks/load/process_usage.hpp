// The CPU time and the memory that a process and its children use.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>

// The CPU time of the process and its descendants so far. It is exact for processes that live, with
// their ended threads and io_uring's workers (clock_getcpuclockid(3)), and in clock ticks for
// children that have been reaped. It is up to a tick old for a thread that runs.
std::chrono::nanoseconds cpu_time_of(pid_t pid);

// The resident memory of the process and its descendants, in which memory that several of them
// share counts once (PSS in /proc/<pid>/smaps_rollup). Nothing if the system does not tell.
std::optional<std::size_t> memory_of(pid_t pid);
