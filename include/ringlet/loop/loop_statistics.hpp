#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ringlet {

/// What a loop has done since it was made or since `loop::restart_statistics`, and what it does
/// now.
struct loop_statistics {
    /// How many turns it has made, in most of which it has visited the ring.
    std::uint64_t turns = 0;

    /// How many completions the ring has given it.
    std::uint64_t completions = 0;

    /// How many waits began with a spin, since there was no news, and how many of these were in
    /// vain; see adaptive_spin.
    std::uint64_t spins = 0;
    std::uint64_t spins_in_vain = 0;

    /// How many operations the ring has yet to complete; what waits for time or for another
    /// coroutine is not among them.
    std::size_t in_flight = 0;

    /// The longest time between two visits to the ring, in which the coroutines of one turn ran and
    /// nothing else could. Much of it means that one of them blocks or computes: see offload and
    /// yield.
    std::chrono::nanoseconds longest_run{0};
};

}  // namespace ringlet
