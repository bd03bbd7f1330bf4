#pragma once

#include <ringlet/loop/adaptive_spin.hpp>
#include <ringlet/loop/frame_pool.hpp>
#include <ringlet/loop/inbox.hpp>
#include <ringlet/loop/loop_options.hpp>
#include <ringlet/loop/loop_statistics.hpp>
#include <ringlet/loop/operation.hpp>
#include <ringlet/loop/operation_scope.hpp>
#include <ringlet/loop/receive_buffers.hpp>
#include <ringlet/loop/timer_queue.hpp>
#include <ringlet/ring/ring.hpp>

#include <cerrno>
#include <concepts>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

namespace ringlet {

class ring_operation;

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
    void post(inbox::work_item& work) noexcept {
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
        root_scope_.for_each_operation([&](const operation& waiting) { visit(waiting, false); });
        for (auto* const batch : {&resuming_, &ready_})
            batch->for_each([&](const operation& ended) { visit(ended, true); });
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
    [[nodiscard]] io_uring_sqe& begin(ring_operation& starting) {
        io_uring_sqe& sqe = next_sqe();
        sqe.user_data = reinterpret_cast<std::uintptr_t>(&starting);
        ++in_flight_;
        return sqe;
    }

    /// Puts an operation that has ended into the ready queue.
    void make_ready(operation& ended) noexcept { ready_.push_back(ended); }

    /// Whether an await may complete without suspending; false once too many in a row did.
    [[nodiscard]] bool may_complete_inline() noexcept {
        if (inline_completions_ == 0)
            return false;
        --inline_completions_;
        return true;
    }

    [[nodiscard]] timer_queue& timers() noexcept { return timers_; }
    [[nodiscard]] frame_pool& frames() noexcept { return frames_; }
    [[nodiscard]] receive_buffers& buffers() noexcept { return buffers_; }

    /// The scope that operations are admitted to: that of the coroutine which runs now.
    [[nodiscard]] operation_scope& scope() const noexcept { return *scope_; }
    void set_scope(operation_scope& scope) noexcept { scope_ = &scope; }

    /// The outermost scope, which is never cancelled: around all others, and where nothing else is.
    [[nodiscard]] operation_scope& root_scope() noexcept { return root_scope_; }

private:
    class wake_up;
    class running;

    void turn();
    void wait();
    void collect();
    [[nodiscard]] bool spin();
    [[nodiscard]] bool has_news() const noexcept;
    [[nodiscard]] adaptive_spin::usage usage() const noexcept;
    void deliver_all();
    void resume_ready();
    void deliver(const completion& cqe);
    void wake() noexcept;
    io_uring_sqe& make_room();
    void reap();

    const std::thread::id owner_ = std::this_thread::get_id();
    const unsigned inline_completions_max_;
    unsigned inline_completions_;
    const clock::duration spin_max_;
    adaptive_spin spin_;
    operation_scope root_scope_{nullptr};
    operation_scope* scope_ = &root_scope_;
    std::size_t in_flight_ = 0;  // operations that the ring still owes a final CQE
    frame_pool frames_;
    receive_buffers buffers_;
    intrusive_list<operation> ready_;
    intrusive_list<operation> resuming_;  // those of ready_ whose turn this is
    timer_queue timers_;
    inbox inbox_;
    bool stop_ = false;
    bool closing_ = false;
    std::unique_ptr<ringlet::ring> ring_;
    std::deque<completion> reaped_;  // taken from the ring out of turn, to make room in it
    std::unique_ptr<wake_up> wake_up_;
    clock::time_point turn_began_;
    loop_statistics statistics_;
    std::uint64_t completions_before_ = 0;  // those that statistics_ counts from before its restart
};

// The hot half of operation, here since it needs to see into the loop.

inline bool operation::admit() noexcept {
    scope_ = &loop_->scope();
    if (!scope_->cancelled()) [[likely]]
        return true;
    result_ = -ECANCELED;
    return false;
}

inline void operation::suspend(suspension waiter) noexcept {
    waiter_ = waiter;
    suspended_at_ = loop_->turn_began();
    pending_ = true;
    scope_->add(*this);
}

inline void operation::resume() {
    pending_ = false;
    unlink();
    loop_->set_scope(*scope_);
    waiter_.coroutine().resume();
}

}  // namespace ringlet
