#pragma once

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/loop/detail/adaptive_spin.hpp>
#include <ringlet/loop/detail/frame_pool.hpp>
#include <ringlet/loop/detail/inbox.hpp>
#include <ringlet/loop/detail/operation_scope.hpp>
#include <ringlet/loop/detail/receive_buffers.hpp>
#include <ringlet/loop/detail/running_loop.hpp>
#include <ringlet/loop/detail/send_batch.hpp>
#include <ringlet/loop/detail/suspension.hpp>
#include <ringlet/loop/detail/timer_queue.hpp>
#include <ringlet/loop/loop.hpp>

#include <pthread.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

namespace ringlet::detail {

class operation;
class ring_operation;
class task_name;
struct loop_stopwatch;

/// The machinery of a loop: the part that operations use, that a process which forks uses, and that
/// turns the loop. `loop` is the part that programs use; each loop owns a core.
///
/// One thread: the loop's. Thread-safe: `post`.
class loop_core {
public:
    using clock = ringlet::ring::clock;

    loop_core(loop& owner, std::unique_ptr<ringlet::ring> ring, const loop_options& options);

    /// Ends the core, in the loop's thread. No coroutine may be suspended on the loop any more. In
    /// a forked child, nothing is done to the ring, which is the parent's.
    ~loop_core();

    loop_core(const loop_core&) = delete;
    loop_core& operator=(const loop_core&) = delete;

    /// The core of the loop that runs in this thread, or nullptr.
    [[nodiscard]] static loop_core* current() noexcept;

    /// The core of the loop that runs in this thread. Throws std::logic_error naming `caller` if
    /// none does.
    [[nodiscard]] static loop_core& require_current(const char* caller);

    /// The loop whose core this is.
    [[nodiscard]] loop& owner() const noexcept { return owner_; }

    /// The time of the ring's clock.
    [[nodiscard]] clock::time_point now() const noexcept { return ring_->now(); }
    [[nodiscard]] ringlet::ring& ring() noexcept { return *ring_; }
    [[nodiscard]] network& net() noexcept { return ring_->net(); }

    // Running.

    /// Runs the loop until `stop` is called: see loop::run.
    void run();

    /// Calls `begin()` in the loop, then runs the loop until `done`, which code that runs in the
    /// loop sets; `stop` does not end it. Throws std::logic_error before `begin` where the call is
    /// wrong, and std::system_error if the ring breaks. What a posted callable throws goes to the
    /// log: the coroutines that wait meanwhile could neither go on nor unwind.
    template <class Begin>
    void run_until(const bool& done, const Begin& begin) {
        const running entered(*this);
        scope_ = &root_scope_;
        begin();
        while (!done)
            turn();
    }

    /// Ends the current `run`, or the next one. Called in the loop's thread.
    void stop() noexcept { stop_ = true; }

    // Turning by hand, for whoever runs several loops in one thread.

    /// Whether a turn can be made by hand now, and would do something: a completion, a coroutine or
    /// posted work is there, an SQE is to be handed over, or a timer is due. A loop in the middle
    /// of a turn has none; one that waits in its ring may have.
    [[nodiscard]] bool has_work() const noexcept;

    /// The deadline of the nearest timer, or clock::time_point::max() if there is none.
    [[nodiscard]] clock::time_point next_deadline() const noexcept {
        return timers_.next_deadline();
    }

    /// Makes one turn, which does not wait. What a posted callable throws goes to the log. The loop
    /// must not be in the middle of a turn, but it may be waiting in its ring, whose `enter` calls
    /// this. Throws std::logic_error where the call is wrong, and std::system_error if the ring
    /// breaks.
    void turn_once();

    /// Calls `begin()` in the loop, to start a coroutine there, and does not turn it. Throws what
    /// that throws, and std::logic_error where the call is wrong.
    template <class Begin>
    void begin_here(const Begin& begin) {
        const entry entered(*this);
        scope_ = &root_scope_;
        begin();
    }

    /// Runs `work` in one of the next turns, without an allocation, since the work lives with the
    /// caller: see inbox::work_item. Thread-safe.
    void post(inbox::work_item& work) noexcept {
        if (inbox_.post(work))
            wake();
    }

    /// The counts of the loop's work, and its present state.
    [[nodiscard]] loop_statistics statistics() const noexcept;

    /// Sets the counts and measurements of `statistics` back to 0.
    void restart_statistics() noexcept;

    // Operations.

    /// The time at which the present turn began, when the loop last visited the ring. It serves as
    /// the time of events that need not be told apart within a turn.
    [[nodiscard]] clock::time_point turn_began() const noexcept { return turn_began_; }

    /// Whether the loop is being destroyed: then the ring ends the operations in flight.
    [[nodiscard]] bool closing() const noexcept { return closing_; }

    /// Gives a free SQE. If the queue is full, its SQEs are handed to the ring first.
    [[nodiscard]] io_uring_sqe& next_sqe() {
        submission_queue& queue = ring_->submissions();
        return queue.known_free() ? queue.next_free() : make_room();
    }

    /// Gives a free SQE that belongs to `starting`, to which the ring owes one CQE without F_MORE
    /// from then on.
    [[nodiscard]] io_uring_sqe& begin(ring_operation& starting) {
        io_uring_sqe& sqe = next_sqe();
        sqe.user_data = reinterpret_cast<std::uintptr_t>(&starting);
        ++in_flight_;
        return sqe;
    }

    /// The operations that have ended, whose coroutines the next turn resumes.
    [[nodiscard]] intrusive_list<operation>& ready() noexcept { return ready_; }

    /// Whether an await may complete without suspending: false once too many in a row did. Each
    /// call that yields true counts as one.
    [[nodiscard]] bool may_complete_inline() noexcept {
        if (inline_completions_ == 0)
            return false;
        --inline_completions_;
        return true;
    }

    /// Notes that a coroutine gave way after awaiting many operations in a cancelled scope. Where
    /// that goes on and on, the log names the co_await, at most once in `refusals_period`.
    void note_refusal(const suspension& waiter) noexcept;

    /// The messages that are sent together at the end of the turn; nullptr where the descriptors
    /// are not the system's, and only the ring can send.
    [[nodiscard]] send_batch* sends() noexcept { return sends_together_ ? &sends_ : nullptr; }

    /// Delivers to an operation the result of a call that was made for it outside of the ring.
    void deliver_outside(ring_operation& ended, int result);

    /// Counts that the ring did not have to be asked for so many results.
    void count_outside(std::size_t results) noexcept { statistics_.completions += results; }

    [[nodiscard]] timer_queue& timers() noexcept { return timers_; }
    [[nodiscard]] frame_pool& frames() noexcept { return frames_; }
    [[nodiscard]] receive_buffers& buffers() noexcept { return buffers_; }

    /// The scope that operations are admitted to: that of the coroutine that runs.
    [[nodiscard]] operation_scope& scope() const noexcept { return *scope_; }

    /// Makes `scope` the one that operations are admitted to.
    void set_scope(operation_scope& scope) noexcept { scope_ = &scope; }

    /// The outermost scope, which is never cancelled. All others lie inside it, and it is the
    /// current one where there is no other.
    [[nodiscard]] operation_scope& root_scope() noexcept { return root_scope_; }

    /// Calls `visit(const operation&, bool ready)` for each operation that a coroutine waits for.
    /// It is `ready` if it has ended, so that its coroutine goes on in the next turn.
    template <class Visitor>
    void for_each_suspended(const Visitor& visit) {
        root_scope_.for_each_operation([&](const operation& waiting) { visit(waiting, false); });
        for (auto* const batch : {&resuming_, &ready_})
            batch->for_each([&](const operation& ended) { visit(ended, true); });
    }

    /// The names of coroutines that have one: see named.
    [[nodiscard]] intrusive_list<task_name>& names() noexcept { return names_; }

    // Forking: see child_process.

    /// Prepares for fork(2), in the loop's thread: hands the prepared SQEs to the ring, such as
    /// those that close, and registers each descriptor that the ring has brought as ringlet's.
    /// Throws std::system_error if the ring breaks.
    void prepare_fork();

    /// Forgets the loop that runs in this thread, in a child of fork(2), so that the child can run
    /// another. The parent's loop goes on undisturbed in the parent; the child must neither use nor
    /// destroy it.
    static void abandon_in_child() noexcept;

private:
    class wake_up;

    /// How often coroutines give way in a cancelled scope within `refusals_period` before the log
    /// names one. A coroutine that ends when it is cancelled does so a few times at most.
    static constexpr unsigned refusals_max = 1000;
    static constexpr std::chrono::seconds refusals_period{10};

    /// Makes a loop the current one of its thread, and restores what was there before.
    class entry {
    public:
        explicit entry(loop_core& entered);
        entry(const entry&) = delete;
        entry& operator=(const entry&) = delete;
        ~entry();

    private:
        loop_core& entered_;
        loop_core* previous_;
        operation_scope* previous_scope_;
    };

    /// Makes a loop the current one of its thread, for as long as it runs.
    class running {
    public:
        explicit running(loop_core& entered);
        running(const running&) = delete;
        running& operator=(const running&) = delete;
        ~running();

    private:
        entry entry_;
        loop_core& entered_;
        running_loop told_of_;
    };

    /// Has a loop that may be waiting in its ring not do so, while it makes a turn by hand.
    class interruption {
    public:
        explicit interruption(loop_core& interrupted);
        interruption(const interruption&) = delete;
        interruption& operator=(const interruption&) = delete;
        ~interruption();

    private:
        loop_core& core_;
        const bool waited_;
        const bool threw_posted_;
    };

    void turn();
    void go_on();
    void run_posted();
    void wait();
    void collect();
    [[nodiscard]] bool spin();
    [[nodiscard]] bool has_news() const noexcept;
    [[nodiscard]] adaptive_spin::usage usage() const noexcept;
    void deliver_all();
    void deliver_reaped();
    void resume_ready();
    void deliver(const completion& cqe);
    void wake() noexcept;
    io_uring_sqe& make_room();
    void reap();

    loop& owner_;
    const pthread_t thread_ = ::pthread_self();
    const pid_t process_;
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
    intrusive_list<operation> resuming_;  // the operations of ready_ that this turn resumes
    intrusive_list<task_name> names_;
    send_batch sends_;
    timer_queue timers_;
    inbox inbox_;
    bool stop_ = false;
    bool turns_ = false;          // from the beginning of a run to its end
    bool waits_ = false;          // in the ring, with the inbox asleep
    bool throws_posted_ = false;  // what a posted callable throws ends the present run
    bool closing_ = false;
    std::unique_ptr<ringlet::ring> ring_;
    const bool sends_together_;
    std::deque<completion> reaped_;  // completions taken early, to make room in the ring
    std::unique_ptr<wake_up> wake_up_;
    clock::time_point turn_began_;
    clock::time_point refusals_began_;
    unsigned refusals_ = 0;
    loop_statistics statistics_;
    loop_stopwatch* stopwatch_ = nullptr;   // of a loop that is measured
    std::uint64_t completions_before_ = 0;  // completions before the restart of statistics_
};

}  // namespace ringlet::detail
