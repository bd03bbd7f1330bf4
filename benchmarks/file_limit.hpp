// The limit on open files, which the default shell sets far below what these benchmarks open.
#pragma once

#include <sys/resource.h>

// Lifts the soft limit to the hard one, which needs no privilege. It reports no failure; the first
// EMFILE will.
inline void raise_file_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}
