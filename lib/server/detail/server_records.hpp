#pragma once

#include "base/detail/shared_memory.hpp"
#include "child_accounts.hpp"
#include "counter_store.hpp"
#include "server_reports.hpp"

namespace ringlet::detail {

/// The counters and reports of a server, for all its threads and forked children.
struct server_records {
    /// The number of counter slots for threads. Threads take the slots in turn, so two threads may
    /// share one, which costs a little time.
    static constexpr std::size_t thread_slots = 16;

    server_records(std::size_t children_max, const log_throttle_options& throttle)
        : counters(thread_slots + children_max), reports(1, throttle),
          children(counters, thread_slots, reports->lost_children) {}

    /// The slot in which this thread, or this forked child, counts.
    [[nodiscard]] counter_slot& counted() noexcept;

    /// Tells the records that this process is a forked child, which counts in its own slot from now
    /// on.
    void enter_child(std::size_t slot) noexcept { child_slot_ = slot; }

    counter_store counters;
    shared_memory<server_reports> reports;
    child_accounts children;

private:
    std::size_t child_slot_ = 0;  // 0 is none: the first slots are for threads
};

}  // namespace ringlet::detail
