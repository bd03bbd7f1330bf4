#pragma once

#include "counter_slot.hpp"
#include "shared_memory.hpp"

#include <ringlet/server/server_counters.hpp>

#include <cstddef>
#include <cstdint>

namespace ringlet::detail {

/// A server's counters: a slot for each of its threads and forked children, in memory that they
/// share, summed when somebody asks.
///
/// From any thread and any of the processes, at any time. Lifetime: outlives all that counts.
class counter_store {
public:
    /// Makes `slots` slots, one or more. Throws std::system_error.
    explicit counter_store(std::size_t slots) : slots_(slots) {}

    [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }
    [[nodiscard]] counter_slot& slot(std::size_t index) noexcept;

    /// The sums of now. While others count, each number is one that was true during the call, and
    /// what has ended is never ahead of what has begun.
    [[nodiscard]] server_counters snapshot() const noexcept;

    /// The child that counted in a slot has gone, and nobody counts in it now: what it had begun
    /// and not ended has failed. Returns how many requests that were.
    std::uint64_t settle_lost(std::size_t index) noexcept;

private:
    shared_memory<counter_slot> slots_;
};

}  // namespace ringlet::detail
