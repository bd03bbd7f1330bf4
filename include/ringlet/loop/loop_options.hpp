#pragma once

#include <ringlet/ring/ring_options.hpp>

#include <chrono>
#include <cstddef>

namespace ringlet {

/// The limits of a loop.
struct loop_options {
    /// The ring that the loop makes for itself.
    ring_options ring{};

    /// How many awaits in a row may complete without suspending, between two visits to the ring.
    /// Then the coroutine waits its turn: one that never blocks cannot starve the others.
    unsigned inline_completions_max = 64;

    /// The buffers that the loop lends to those who receive without one of their own
    /// (stream::receive): the bytes of each, and how many there are at most, which exist only as
    /// far as they are in use. Where all are lent, receiving waits until one comes back.
    std::size_t receive_buffer_size = 16'384;
    std::size_t receive_buffers_max = 4'096;

    /// How many of these may be in the hands of those who wait for something to come, which makes
    /// that faster; others take one when something has come. 0: nobody waits with a buffer.
    std::size_t receive_buffers_held_max = 256;

    /// How long a loop that has nothing to do looks for news before it blocks, at most 10 ms; 0 to
    /// block at once. It is the most that a wait can cost in CPU time: the loop does so only where
    /// it measures that this saves CPU time, and one that is idle uses none; see adaptive_spin.
    std::chrono::microseconds spin_max{50};

    /// How many bytes of finished coroutine frames are kept for the next ones.
    std::size_t frame_cache_bytes_max = std::size_t{16} << 20U;
};

}  // namespace ringlet
