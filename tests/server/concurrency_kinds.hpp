#pragma once

#include <ringlet/server/server_options.hpp>

#include <string>
#include <vector>

/// A way to handle requests, for tests of all of them.
struct concurrency_kind {
    std::string name;
    ringlet::server_options options;
};

inline const std::vector<concurrency_kind>& concurrency_kinds() {
    const auto kind = [](const char* name, ringlet::concurrency where, std::size_t workers = 0) {
        ringlet::server_options options;
        options.concurrency = where;
        options.workers = workers;
        return concurrency_kind{name, options};
    };
    static const std::vector<concurrency_kind> all{
        kind("loop", ringlet::concurrency::loop),
        kind("threads", ringlet::concurrency::threads, 2),
        kind("thread_per_request", ringlet::concurrency::thread_per_request),
        kind("forks", ringlet::concurrency::forks, 2),
        kind("fork_per_request", ringlet::concurrency::fork_per_request),
    };
    return all;
}
