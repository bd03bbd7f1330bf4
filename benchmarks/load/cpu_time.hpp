// CPU time of a process and its children.
#pragma once

#include <sys/types.h>

#include <chrono>

// What the process and its descendants have used so far: of every live thread exactly as the
// scheduler counts it (/proc/<pid>/task/*/schedstat, io_uring's workers included), of children
// already reaped in clock ticks. Exact for threads that sleep, up to a tick old for one that runs.
// A thread that ended takes its share with it.
std::chrono::nanoseconds cpu_time_of(pid_t pid);
