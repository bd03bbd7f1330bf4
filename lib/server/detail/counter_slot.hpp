#pragma once

#include <ringlet/server/failure_cause.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ringlet::detail {

/// The counters of one worker thread or forked child, in cache lines of their own, so that counting
/// costs an addition. Counters only grow. See server_counters for their meaning.
struct alignas(64) counter_slot {
    using counter = std::atomic<std::uint64_t>;
    static_assert(counter::is_always_lock_free);  // processes cannot share a lock

    static constexpr std::size_t causes = 5;

    /// Adds one to a counter: `counter_slot::count(slot.accepted)`.
    static void count(counter& counted) noexcept {
        counted.fetch_add(1, std::memory_order_relaxed);
    }

    /// Counts that a request begins. A thread that sees the request's end in the counters sees its
    /// beginning too.
    void begin() noexcept { count(begun); }

    /// Counts that a request has ended without an exception.
    void finish() noexcept { finished.fetch_add(1, std::memory_order_release); }

    /// Counts that requests have failed for this cause.
    void fail(failure_cause cause, std::uint64_t requests = 1) noexcept {
        failed_by(cause).fetch_add(requests, std::memory_order_release);
    }

    [[nodiscard]] counter& failed_by(failure_cause cause) noexcept {
        return failed[static_cast<std::size_t>(cause)];
    }
    [[nodiscard]] const counter& failed_by(failure_cause cause) const noexcept {
        return failed[static_cast<std::size_t>(cause)];
    }

    counter accepted{0};
    counter refused{0};
    counter begun{0};
    counter finished{0};
    std::array<counter, causes> failed{};
    counter bytes_received{0};
    counter bytes_sent{0};
    counter packets_received{0};
    counter packets_sent{0};
    counter replies_dropped{0};
    counter accept_pauses{0};
    counter children_started{0};
    counter children_lost{0};
};

}  // namespace ringlet::detail
