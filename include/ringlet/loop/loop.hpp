#pragma once

#include <ringlet/loop/detail/inbox.hpp>
#include <ringlet/ring/ring.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace ringlet {

namespace detail {
class loop_core;
}  // namespace detail

/// The limits of a loop.
struct loop_options {
    /// The ring that the loop makes for itself.
    ring_options ring{};

    /// How many awaits in a row may complete without suspending, between two visits to the ring.
    /// Then the coroutine waits for its turn, so that a coroutine that never blocks cannot starve
    /// the others.
    unsigned inline_completions_max = 64;

    /// The bytes of each buffer that the loop lends to receives which bring none of their own
    /// (stream::recv_lent). A record of TLS, 16 KiB of data and what is around it, fits into the
    /// default: in two receives it would cost half as much again.
    std::size_t receive_buffer_size = 17'408;

    /// How many buffers the loop lends at a time, at most. Buffers that are not lent take memory
    /// only within `frame_cache_bytes_max`. While all are lent, a receive for which bytes have come
    /// waits until a buffer comes back.
    std::size_t receive_buffers_max = 4'096;

    /// How many receives may wait with a lent buffer in hand. That is faster than to take a buffer
    /// once bytes have come, as every other receive does. A receive that begins beyond this number
    /// gets the buffer of the receive that has waited longest, if that has waited for 100 ms or
    /// more. With 0 every receive waits without a buffer.
    std::size_t receive_buffers_held_max = 256;

    /// How long a loop that has nothing to do polls for completions before it blocks: at most 10
    /// ms, and 0 to block at once. A wait costs no more CPU time than that. The loop polls only
    /// where it measures that polling saves CPU time, and an idle loop uses none; see
    /// adaptive_spin.
    std::chrono::microseconds spin_max{50};

    /// How many bytes of finished coroutine frames are kept for the next ones.
    std::size_t frame_cache_bytes_max = std::size_t{16} << 20U;
};

/// Counts of a loop's work since it was made or since `loop::restart_statistics`, and its present
/// state.
struct loop_statistics {
    /// How many turns the loop has made, in most of which it has visited the ring.
    std::uint64_t turns = 0;

    /// How many completions the ring has given the loop, and results of datagrams that were sent or
    /// received many at a time without it.
    std::uint64_t completions = 0;

    /// How many waits began with a spin, since nothing had completed; see adaptive_spin.
    std::uint64_t spins = 0;

    /// How many of the spins ended without a completion.
    std::uint64_t spins_in_vain = 0;

    /// How many operations the ring has yet to complete. An operation that waits for time or for
    /// another coroutine is not among them.
    std::size_t in_flight = 0;

    /// The longest time between two visits to the ring, in which the coroutines of one turn ran and
    /// nothing else could. Much of it means that one of them blocks or computes: see offload and
    /// yield.
    std::chrono::nanoseconds longest_run{0};
};

/// The event loop: resumes coroutines when what they await has completed. A turn runs what was
/// posted, expires timers, resumes the coroutines that are ready, then hands all new SQEs to the
/// ring in one `enter` that also waits, and delivers the completions. Where it measures that this
/// saves CPU time, it polls for completions before it lets the ring block: see adaptive_spin.
///
/// A loop and all it owns belong to the thread that made it. Thread-safe: `post` and `stop`. A
/// program that forks, as daemon(3) does, makes its loops afterwards: a loop of the parent can only
/// be destroyed in the child.
class loop {
public:
    using clock = ringlet::ring::clock;

    /// Makes a loop on a ring of its own, which `options.ring` describes. Throws what make_ring
    /// throws, and std::invalid_argument for options out of range.
    explicit loop(const loop_options& options = {});

    /// Makes a loop on `ring`. Throws std::invalid_argument for options out of range.
    explicit loop(std::unique_ptr<ringlet::ring> ring, const loop_options& options = {});

    /// Ends the loop, in its own thread. No coroutine may be suspended on it any more.
    ~loop();

    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

    /// Gives the loop that runs in this thread, or nullptr.
    [[nodiscard]] static loop* current() noexcept;

    /// Gives the loop that runs in this thread. Throws std::logic_error naming `caller` if no loop
    /// runs in it.
    [[nodiscard]] static loop& require_current(const char* caller);

    /// Runs the loop until `stop` is called. Throws std::logic_error in a thread that is not the
    /// loop's, in a process that was forked since the loop was made, and from inside the loop.
    /// Throws std::system_error if the ring breaks, and what a posted callable throws; the loop can
    /// be run again after the latter.
    void run();

    /// Ends the current `run`, or the next one if none runs. Thread-safe.
    void stop();

    /// Runs `work()` in the loop's thread, in one of its next turns; never inside the call. `work`
    /// may lead to the loop's destruction. What it throws ends `run`, which throws it; in block_on,
    /// and so in a server, it goes to the log as an error, and the loop goes on. Thread-safe.
    /// Throws std::bad_alloc.
    template <std::invocable Work>
    void post(Work&& work) {
        post(detail::inbox::make_item(std::forward<Work>(work)));
    }

    /// The time by which the loop's deadlines are reckoned.
    [[nodiscard]] clock::time_point now() const noexcept;

    /// The ring on which the loop runs. Lifetime: this object's.
    [[nodiscard]] ringlet::ring& ring() noexcept;

    /// The network in which the loop's sockets live. Lifetime: this object's.
    [[nodiscard]] network& net() noexcept;

    /// The counts of the loop's work, and its present state. It is called in the loop's thread.
    [[nodiscard]] loop_statistics statistics() const noexcept;

    /// Sets the counts and measurements of `statistics` back to 0.
    void restart_statistics() noexcept;

    /// The machinery behind the loop, for ringlet's own operations; programs have no use for it.
    [[nodiscard]] detail::loop_core& core() noexcept { return *core_; }

private:
    void post(detail::inbox::work_item& work) noexcept;

    std::unique_ptr<detail::loop_core> core_;
};

}  // namespace ringlet
