#pragma once

#include <ringlet/server/server_options.hpp>

#include <string>
#include <vector>

/// A way to handle requests, and the options for it: two workers, and rings so small that many can
/// be made and ended, since the kernel frees one some time after its end, and counts it for its
/// user until then.
struct concurrency_kind {
    using hand_over = ringlet::server_options::hand_over;

    concurrency_kind(const char* called, ringlet::concurrency where,
                     hand_over to_workers = hand_over::least_loaded)
        : name(called) {
        options.concurrency = where;
        options.to_workers = to_workers;
        options.workers = 2;
        options.loop.ring.submission_entries = 32;
        options.loop.ring.completion_entries = 128;
    }

    std::string name;
    ringlet::server_options options;
};

namespace kinds {

inline const concurrency_kind loop("loop", ringlet::concurrency::loop);
inline const concurrency_kind threads("threads", ringlet::concurrency::threads);
inline const concurrency_kind sharing_threads("threads that share the address",
                                              ringlet::concurrency::threads,
                                              concurrency_kind::hand_over::reuse_port);
inline const concurrency_kind thread_per_request("thread_per_request",
                                                 ringlet::concurrency::thread_per_request);
inline const concurrency_kind forks("forks", ringlet::concurrency::forks);
inline const concurrency_kind fork_per_request("fork_per_request",
                                               ringlet::concurrency::fork_per_request);

}  // namespace kinds

/// One of each ringlet::concurrency, in its order.
inline const std::vector<concurrency_kind>& concurrency_kinds() {
    static const std::vector<concurrency_kind> all{kinds::loop, kinds::threads,
                                                   kinds::thread_per_request, kinds::forks,
                                                   kinds::fork_per_request};
    return all;
}
