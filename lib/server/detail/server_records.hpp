#pragma once

#include "child_accounts.hpp"
#include "counter_store.hpp"
#include "server_reports.hpp"
#include "shared_memory.hpp"

namespace ringlet::detail {

/// What a server keeps of what happens, in all its threads and forked children.
struct server_records {
    /// Threads have slots of the counters in turn: they may share one, which costs a little.
    static constexpr std::size_t thread_slots = 16;

    server_records(std::size_t children_max, const log_throttle_options& throttle)
        : counters(thread_slots + children_max), reports(1, throttle),
          children(counters, thread_slots, reports->lost_children) {}

    counter_store counters;
    shared_memory<server_reports> reports;
    child_accounts children;
};

}  // namespace ringlet::detail
