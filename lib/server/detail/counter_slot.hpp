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

    /// The ends with an exception, by its cause.
    using causes_counted = std::array<counter, causes>;

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
        add(failed, cause, requests);
    }

    /// Counts that the steps before a handler begin for a connection, and how they end.
    void begin_establishing() noexcept { count(establish_begun); }
    void finish_establishing() noexcept { established.fetch_add(1, std::memory_order_release); }
    void fail_establishing(failure_cause cause, std::uint64_t connections = 1) noexcept {
        add(establish_failed, cause, connections);
    }

    /// The number of ends for this cause.
    [[nodiscard]] static std::uint64_t number(const causes_counted& ends,
                                              failure_cause cause) noexcept {
        return ends[static_cast<std::size_t>(cause)].load(std::memory_order_acquire);
    }

    counter accepted{0};
    counter refused{0};
    counter begun{0};
    counter finished{0};
    causes_counted failed{};
    counter establish_begun{0};
    counter established{0};
    causes_counted establish_failed{};
    counter bytes_received{0};
    counter bytes_sent{0};
    counter packets_received{0};
    counter packets_sent{0};
    counter replies_dropped{0};
    counter accept_pauses{0};
    counter children_started{0};
    counter children_lost{0};

private:
    static void add(causes_counted& ends, failure_cause cause, std::uint64_t number) noexcept {
        ends[static_cast<std::size_t>(cause)].fetch_add(number, std::memory_order_release);
    }
};

}  // namespace ringlet::detail
