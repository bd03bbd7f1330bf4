#pragma once

#include <cstddef>

namespace ringlet {

/// The limits of a thread_pool.
struct thread_pool_options {
    /// Threads at most. More than there are cores, since what they run waits rather than computes.
    std::size_t threads_max = 32;

    /// Jobs that wait for a thread at most; what comes beyond that fails at once with
    /// resource_unavailable_try_again.
    std::size_t waiting_max = 1024;
};

}  // namespace ringlet
