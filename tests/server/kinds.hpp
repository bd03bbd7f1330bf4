#pragma once

#include <ringlet/server/server_options.hpp>

/// A kind of server, by where its handlers run.
struct kind {
    const char* name;
    ringlet::concurrency concurrency;
    ringlet::server_options::hand_over to_workers =
        ringlet::server_options::hand_over::least_loaded;

    /// Options for it, with two workers and rings so small that many can be made and ended: the
    /// kernel frees one some time after its end, and counts it for its user until then.
    [[nodiscard]] ringlet::server_options options() const {
        ringlet::server_options made;
        made.concurrency = concurrency;
        made.to_workers = to_workers;
        made.workers = 2;
        made.loop.ring.submission_entries = 32;
        made.loop.ring.completion_entries = 128;
        return made;
    }
};

namespace kinds {

inline constexpr kind loop{"loop", ringlet::concurrency::loop};
inline constexpr kind threads{"threads", ringlet::concurrency::threads};
inline constexpr kind sharing_threads{"threads that share the address",
                                      ringlet::concurrency::threads,
                                      ringlet::server_options::hand_over::reuse_port};
inline constexpr kind thread_per_request{"thread_per_request",
                                         ringlet::concurrency::thread_per_request};
inline constexpr kind forks{"forks", ringlet::concurrency::forks};
inline constexpr kind fork_per_request{"fork_per_request", ringlet::concurrency::fork_per_request};

}  // namespace kinds
