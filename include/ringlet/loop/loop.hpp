#pragma once

#include <ringlet/loop/detail/adaptive_spin.hpp>
#include <ringlet/loop/detail/frame_pool.hpp>
#include <ringlet/loop/detail/inbox.hpp>
#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/loop/detail/operation_scope.hpp>
#include <ringlet/loop/detail/receive_buffers.hpp>
#include <ringlet/loop/detail/timer_queue.hpp>
#include <ringlet/ring/ring.hpp>

#include <cerrno>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

namespace ringlet {

namespace detail {
class ring_operation;
}  // namespace detail

/// The limits of a loop.
struct loop_options {
    /// The ring that the loop makes for itself.
    ring_options ring{};

    /// How many awaits in a row may complete without suspending, between two visits to the ring.
    /// Then the coroutine waits its turn: one that never blocks cannot starve the others.
    unsigned inline_completions_max = 64;

    /// The buffers that the loop lends to those who receive without one of their own
    /// (stream::recv_lent): the bytes of each, and how many there are at most, which exist only as
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

/// The event loop: resumes coroutines when what they await has completed. A turn runs what was
/// posted, expires timers, resumes who is ready, then hands all new SQEs to the ring in one `enter`
/// that also waits, and delivers the completions. Where it measures that this saves CPU time, it
/// looks out for news before it lets the ring block: see adaptive_spin.
///
/// A loop and all it owns belong to the thread that made it. Thread-safe: `post` and `stop`.
class loop {
public:
    using clock = ringlet::ring::clock;

    /// A loop on the ring that `options.ring` asks for. Throws what make_ring throws, and
    /// std::invalid_argument for options out of range.
    explicit loop(const loop_options& options = {});

    /// A loop on a ring of the caller's.
    explicit loop(std::unique_ptr<ringlet::ring> ring, const loop_options& options = {});

    /// Nothing may be suspended on the loop any more.
    ~loop();

    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

    /// The loop that runs in this thread, or nullptr.
    [[nodiscard]] static loop* current() noexcept;

    /// The same for code that only runs in a loop; throws std::logic_error naming `caller` if not.
    [[nodiscard]] static loop& require_current(const char* caller);

    /// Turns until `stop`. Throws std::logic_error in a thread that is not the loop's or from
    /// inside the loop, std::system_error if the ring breaks, and what a posted callable throws
    /// (the loop can be run again).
    void run();

    /// Calls `begin` in the loop, then turns until `done`, which something that runs in the loop
    /// sets; `stop` does not end it. Throws as `run` does, before `begin` where a call is wrong.
    void run_until(const bool& done, const std::function<void()>& begin);

    /// Ends the current `run`, or the next one if none runs. Thread-safe.
    void stop();

    /// Runs `work()` in the loop's thread, in one of its next turns; never inside the call.
    /// Thread-safe, and what the work leads to may destroy the loop. Throws std::bad_alloc.
    template <std::invocable Work>
    void post(Work&& work) {
        if (inbox_.post(std::forward<Work>(work)))
            wake();
    }

    /// The same for work that lives with the caller, without an allocation: see inbox::work_item.
    void post(detail::inbox::work_item& work) noexcept {
        if (inbox_.post(work))
            wake();
    }

    [[nodiscard]] clock::time_point now() const noexcept { return ring_->now(); }
    [[nodiscard]] ringlet::ring& ring() noexcept { return *ring_; }
    [[nodiscard]] network& net() noexcept { return ring_->net(); }

    [[nodiscard]] loop_statistics statistics() const noexcept;

    /// Lets what `statistics` counts and measures begin anew.
    void restart_statistics() noexcept;

    /// Calls `visit(const operation&, bool ready)` for each operation that a coroutine waits for,
    /// or has waited for where it is ready to go on.
    template <class Visitor>
    void for_each_suspended(const Visitor& visit) {
        root_scope_.for_each_operation(
            [&](const detail::operation& waiting) { visit(waiting, false); });
        for (auto* const batch : {&resuming_, &ready_})
            batch->for_each([&](const detail::operation& ended) { visit(ended, true); });
    }

    // For who forks: see child_process.

    /// Before fork(2), in the loop's thread: hands over what is prepared, such as closing, and sees
    /// to it that each descriptor which the ring has brought is known as ringlet's. Throws
    /// std::system_error if the ring breaks.
    void prepare_fork();

    /// In the child of fork(2): no loop runs in this thread any more, and another can be made. The
    /// parent's must be neither used nor destroyed here; it goes on there as if nothing had been.
    static void abandon_in_child() noexcept;

    // For operations, below.

    /// When the present turn began, that is, when the ring was last visited: the time of what
    /// happens now, for whom the age of a turn does not matter.
    [[nodiscard]] clock::time_point turn_began() const noexcept { return turn_began_; }

    /// A free SQE. Where the queue is full, what is in it is handed over first.
    [[nodiscard]] io_uring_sqe& next_sqe() {
        if (io_uring_sqe* const sqe = ring_->submissions().next()) [[likely]]
            return *sqe;
        return make_room();
    }

    /// A free SQE that belongs to `starting`; one CQE without F_MORE is owed to it from now on.
    [[nodiscard]] io_uring_sqe& begin(detail::ring_operation& starting) {
        io_uring_sqe& sqe = next_sqe();
        sqe.user_data = reinterpret_cast<std::uintptr_t>(&starting);
        ++in_flight_;
        return sqe;
    }

    /// Puts an operation that has ended into the ready queue.
    void make_ready(detail::operation& ended) noexcept { ready_.push_back(ended); }

    /// Whether an await may complete without suspending; false once too many in a row did.
    [[nodiscard]] bool may_complete_inline() noexcept {
        if (inline_completions_ == 0)
            return false;
        --inline_completions_;
        return true;
    }

    [[nodiscard]] detail::timer_queue& timers() noexcept { return timers_; }
    [[nodiscard]] detail::frame_pool& frames() noexcept { return frames_; }
    [[nodiscard]] detail::receive_buffers& buffers() noexcept { return buffers_; }

    /// The scope that operations are admitted to: that of the coroutine which runs now.
    [[nodiscard]] detail::operation_scope& scope() const noexcept { return *scope_; }
    void set_scope(detail::operation_scope& scope) noexcept { scope_ = &scope; }

    /// The outermost scope, which is never cancelled: around all others, and where nothing else is.
    [[nodiscard]] detail::operation_scope& root_scope() noexcept { return root_scope_; }

private:
    class wake_up;
    class running;

    void turn();
    void wait();
    void collect();
    [[nodiscard]] bool spin();
    [[nodiscard]] bool has_news() const noexcept;
    [[nodiscard]] detail::adaptive_spin::usage usage() const noexcept;
    void deliver_all();
    void resume_ready();
    void deliver(const detail::completion& cqe);
    void wake() noexcept;
    io_uring_sqe& make_room();
    void reap();

    const std::thread::id owner_ = std::this_thread::get_id();
    const unsigned inline_completions_max_;
    unsigned inline_completions_;
    const clock::duration spin_max_;
    detail::adaptive_spin spin_;
    detail::operation_scope root_scope_{nullptr};
    detail::operation_scope* scope_ = &root_scope_;
    std::size_t in_flight_ = 0;  // operations that the ring still owes a final CQE
    detail::frame_pool frames_;
    detail::receive_buffers buffers_;
    detail::intrusive_list<detail::operation> ready_;
    detail::intrusive_list<detail::operation> resuming_;  // those of ready_ whose turn this is
    detail::timer_queue timers_;
    detail::inbox inbox_;
    bool stop_ = false;
    bool closing_ = false;
    std::unique_ptr<ringlet::ring> ring_;
    std::deque<detail::completion> reaped_;  // taken from the ring out of turn, to make room in it
    std::unique_ptr<wake_up> wake_up_;
    clock::time_point turn_began_;
    loop_statistics statistics_;
    std::uint64_t completions_before_ = 0;  // those that statistics_ counts from before its restart
};

// The hot half of operation, here since it needs to see into the loop.

inline bool detail::operation::admit() noexcept {
    scope_ = &loop_->scope();
    if (!scope_->cancelled()) [[likely]]
        return true;
    result_ = -ECANCELED;
    return false;
}

inline void detail::operation::suspend(detail::suspension waiter) noexcept {
    waiter_ = waiter;
    suspended_at_ = loop_->turn_began();
    pending_ = true;
    scope_->add(*this);
}

inline void detail::operation::resume() {
    pending_ = false;
    unlink();
    loop_->set_scope(*scope_);
    waiter_.coroutine().resume();
}

}  // namespace ringlet
