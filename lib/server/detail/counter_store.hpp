#pragma once

#include "base/detail/shared_memory.hpp"
#include "counter_slot.hpp"

#include <ringlet/server/server_counters.hpp>

#include <cstddef>
#include <cstdint>

namespace ringlet::detail {

/// A server's counters: a slot for each of its threads and forked children, in memory that they
/// share. `snapshot` sums the slots.
///
/// Thread-safe, and usable from all the processes. Lifetime: the store outlives every thread and
/// child that counts in it.
class counter_store {
public:
    /// Makes `slots` slots, one or more. Throws std::system_error.
    explicit counter_store(std::size_t slots) : slots_(slots) {}

    /// The number of slots.
    [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }

    /// One slot, by its index from 0 on.
    [[nodiscard]] counter_slot& slot(std::size_t index) noexcept;

    /// The sums over all slots. While threads and children go on counting, each number is one that
    /// was true during the call, and no more requests have ended than begun.
    [[nodiscard]] server_counters snapshot() const noexcept;

    /// Settles the slot of a child that has ended, while nobody counts in the slot: counts the
    /// requests that the child had begun and not ended as failed. Returns their number.
    std::uint64_t settle_lost(std::size_t index) noexcept;

private:
    shared_memory<counter_slot> slots_;
};

}  // namespace ringlet::detail
