#include "cpu_relax.hpp"
#include "place_names.hpp"
#include "valid_loop_options.hpp"
#include "wake_up.hpp"

#include <ringlet/base/detail/check.hpp>
#include <ringlet/base/log.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/detail/loop_stopwatch.hpp>
#include <ringlet/loop/detail/ring_operation.hpp>
#include <ringlet/loop/detail/task_name.hpp>

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace ringlet::detail {

namespace {

// Read and written only by the functions of this file, which are not inlined into coroutines: a
// compiler may keep the address of a thread_local across a suspension (llvm 47179). The model is
// one that spares a shared library a call for each access; for that it has to be in the memory that
// ld.so sets aside, of which one pointer is not much.
[[gnu::tls_model("initial-exec")]] thread_local loop_core* current_core = nullptr;

// Between two looks at the clock lies less than a microsecond. Where it is this much, other threads
// want the CPU, and it is better to let them have it.
constexpr auto preempted = std::chrono::microseconds(10);

constexpr auto suspended_at_the_end =
    "a loop was destroyed while a coroutine was suspended on it; await every task first";

/// Throws if a loop that was made in the process `maker` must not be run here. That takes a system
/// call, and so it is done for each run, and not for each turn that is made by hand.
void require_process(pid_t maker) {
    if (::getpid() != maker)
        throw std::logic_error("loop::run: the loop was made before a fork, by the parent process; "
                               "make it in the process that runs it");
}

}  // namespace

loop_core::entry::entry(loop_core& entered)
    : entered_(entered), previous_(current_core), previous_scope_(entered.scope_) {
    if (::pthread_equal(::pthread_self(), entered.thread_) == 0)
        throw std::logic_error("loop::run: a loop must be run by the thread that made it");
    current_core = &entered;
}

loop_core::entry::~entry() {
    current_core = previous_;
    entered_.scope_ = previous_scope_;
}

loop_core::running::running(loop_core& entered)
    : entry_((require_process(entered.process_), entered)), entered_(entered),
      told_of_(entered.owner_) {
    if (entered.turns_)
        throw std::logic_error("loop::run: the loop runs already; await instead");
    entered.turns_ = true;
    entered.throws_posted_ = false;
    entered.turn_began_ = entered.now();
    entered.spin_.begin(entered.usage());
    if (entered.stopwatch_ == nullptr)
        entered.stopwatch_ = loop_stopwatch::take();
}

loop_core::running::~running() {
    entered_.turns_ = false;
    entered_.waits_ = false;
}

loop_core::interruption::interruption(loop_core& interrupted)
    : core_(interrupted), waited_(interrupted.waits_), threw_posted_(interrupted.throws_posted_) {
    if (core_.turns_ && !waited_)
        throw std::logic_error("loop_core::turn_once: the loop is in the middle of a turn");
    if (waited_ && core_.inbox_.woke())
        core_.wake_up_->expect_signal();
    core_.waits_ = false;
    core_.turns_ = true;
    core_.throws_posted_ = false;
    core_.turn_began_ = core_.now();
}

loop_core::interruption::~interruption() {
    core_.turns_ = core_.waits_ = waited_;
    core_.throws_posted_ = threw_posted_;
    if (waited_ && !core_.inbox_.sleep())
        core_.wake();
}

loop_core::wake_up::wake_up(loop_core& core) : ring_operation(core, never_enough) {
    restart();
}

loop_core::wake_up::~wake_up() {
    // Whoever undertook to wake the loop may still be about to.
    while (signals_.load(std::memory_order_acquire) < expected_)
        std::this_thread::yield();
}

void loop_core::wake_up::signal() noexcept {
    event_.signal();
    signals_.fetch_add(1, std::memory_order_release);
}

void loop_core::wake_up::prepare(io_uring_sqe& sqe) {
    io_uring_prep_read(&sqe, event_.native_handle(), &count_, sizeof(count_), 0);
}

void loop_core::wake_up::complete(const completion& /*cqe*/) {
    if (!core_->closing_)
        restart();
}

loop_core::loop_core(loop& owner, std::unique_ptr<ringlet::ring> ring, const loop_options& options)
    : owner_(owner), process_(::getpid()),
      inline_completions_max_((require_valid(options), options.inline_completions_max)),
      inline_completions_(options.inline_completions_max), spin_max_(options.spin_max),
      frames_(options.frame_cache_bytes_max),
      buffers_(options.receive_buffer_size, options.receive_buffers_max,
               options.receive_buffers_held_max),
      ring_(std::move(ring)), sends_together_(ring_->net().in_system()),
      wake_up_(std::make_unique<wake_up>(*this)) {}

loop_core::~loop_core() {
    if (::getpid() != process_) {
        // What is suspended goes on in the parent. The kernel has not given the child the ring's
        // memory, and its descriptors are the parent's too.
        static_cast<void>(wake_up_.release());
        static_cast<void>(ring_.release());
        return;
    }
    check(ready_.empty() && sends_.empty() && timers_.empty(), suspended_at_the_end);
    closing_ = true;
    wake_up_->expect_signal();
    wake_up_->signal();  // ends its read
    // Nothing else may be there; where there is, this brings it to light instead of waiting.
    io_uring_sqe& sqe = next_sqe();
    io_uring_prep_cancel64(&sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    while (in_flight_ > 0) {
        ring_->enter(ring_->submissions().prepared(), 1, ringlet::ring::no_deadline);
        deliver_all();
    }
}

[[gnu::noinline]] loop_core* loop_core::current() noexcept {
    return current_core;
}

[[gnu::noinline]] loop_core& loop_core::require_current(const char* caller) {
    if (current_core == nullptr)
        throw std::logic_error(std::string(caller) + ": no loop runs in this thread");
    return *current_core;
}

void loop_core::run() {
    const running entered(*this);
    throws_posted_ = true;
    while (!stop_)
        turn();
    stop_ = false;
}

void loop_core::run_posted() {
    if (throws_posted_) {
        inbox_.run();
        return;
    }
    try {
        inbox_.run();
    } catch (...) {
        const std::exception_ptr failure = std::current_exception();
        log(log_level::error, "what was posted to a loop failed", {{"error", failure}});
    }
}

void loop_core::wake() noexcept {
    wake_up_->signal();
}

loop_statistics loop_core::statistics() const noexcept {
    loop_statistics present = statistics_;
    present.completions -= completions_before_;
    present.in_flight = in_flight_ - 1;  // less the wake_up
    return present;
}

void loop_core::restart_statistics() noexcept {
    completions_before_ = statistics_.completions;  // which the measuring of spins goes on with
    statistics_ = {.completions = completions_before_};
}

// Inline, since all that a loop does goes through here.
[[gnu::always_inline]] inline void loop_core::go_on() {
    turn_began_ = now();
    ++statistics_.turns;
    deliver_all();
    scope_ = &root_scope_;
    if (!inbox_.empty())
        run_posted();
    if (!timers_.empty())
        timers_.expire_until(turn_began_);
    if (!ready_.empty() || !resuming_.empty())
        resume_ready();
    if (!sends_.empty())
        sends_.send();
}

void loop_core::turn() {
    const clock::duration took = now() - turn_began_;
    statistics_.longest_run = std::max(statistics_.longest_run, took);
    if (stopwatch_ != nullptr)
        stopwatch_->turns.add(took);
    wait();
    go_on();
}

void loop_core::turn_once() {
    const entry entered(*this);
    const interruption awake(*this);
    collect();
    go_on();
}

bool loop_core::has_work() const noexcept {
    if (turns_ && !waits_)
        return false;
    const completion_queue& completions = ring_->completions();
    return !ready_.empty() || !sends_.empty() || !reaped_.empty() ||
           !(inbox_.empty() || inbox_.asleep()) || completions.ready() > 0 ||
           (completions.observable() && completions.uncollected()) ||
           ring_->submissions().prepared() > 0 || timers_.next_deadline() <= now();
}

void loop_core::wait() {
    if (ready_.empty() && sends_.empty() && reaped_.empty() && !spin() && inbox_.sleep()) {
        waits_ = true;
        ring_->enter(ring_->submissions().prepared(), 1, timers_.next_deadline());
        waits_ = false;
        if (inbox_.woke())
            wake_up_->expect_signal();
    } else {
        collect();
    }
}

void loop_core::collect() {
    const unsigned prepared = ring_->submissions().prepared();
    if (prepared > 0 || ring_->completions().uncollected())
        ring_->enter(prepared, 0, ringlet::ring::no_deadline);
}

bool loop_core::has_news() const noexcept {
    return ring_->completions().ready() > 0 || ring_->completions().uncollected() ||
           !inbox_.empty();
}

adaptive_spin::usage loop_core::usage() const noexcept {
    return {ring_->cpu_time(), statistics_.completions};
}

bool loop_core::spin() {
    if (spin_max_ == spin_max_.zero() || !ring_->completions().observable())
        return false;
    if (spin_.begin_wait())
        spin_.end_period(usage());
    if (!spin_.spins())
        return false;
    collect();
    if (has_news())
        return true;
    ++statistics_.spins;
    clock::time_point at = now();
    const clock::time_point end = std::min(at + spin_max_, timers_.next_deadline());
    while (at < end) {
        for (int looks = 0; looks < 8; ++looks) {
            if (has_news())
                return true;
            cpu_relax();
        }
        const clock::time_point before = std::exchange(at, now());
        if (at - before >= preempted)
            break;
    }
    if (at >= timers_.next_deadline())
        return true;
    spin_.failed();
    ++statistics_.spins_in_vain;
    return false;
}

// Delivers only the completions that are there when it begins. Those that these lead to wait for
// the next turn, and so do those that are reaped meanwhile, to make room, and all that come after
// them.
void loop_core::deliver_all() {
    completion_queue& completions = ring_->completions();
    unsigned ready = completions.ready();
    if (!reaped_.empty())
        deliver_reaped();
    for (; ready > 0 && reaped_.empty(); --ready)
        deliver(completions.pop());
}

[[gnu::noinline]] void loop_core::deliver_reaped() {
    for (std::size_t left = reaped_.size(); left > 0; --left) {
        const completion oldest = reaped_.front();
        reaped_.pop_front();
        deliver(oldest);
    }
}

void loop_core::deliver(const completion& cqe) {
    if (cqe.user_data == 0)  // a cancel's own; only its target's matters
        return;
    auto& ended = *reinterpret_cast<ring_operation*>(cqe.user_data);
    if ((cqe.flags & IORING_CQE_F_MORE) == 0)
        --in_flight_;
    ++statistics_.completions;
    check(!closing_ || !ended.linked(), suspended_at_the_end);
    inline_completions_ = inline_completions_max_;
    ended.deliver(cqe);
}

void loop_core::deliver_outside(ring_operation& ended, int result) {
    ++statistics_.completions;
    inline_completions_ = inline_completions_max_;
    ended.deliver({0, result, 0});
}

void loop_core::resume_ready() {
    resuming_.splice_back(ready_);
    while (!resuming_.empty()) {
        inline_completions_ = inline_completions_max_;
        if (stopwatch_ != nullptr)
            stopwatch_->waits.add(now() - turn_began_);
        resuming_.pop_front().resume();
    }
}

void loop_core::note_refusal(const suspension& waiter) noexcept {
    if (turn_began_ - refusals_began_ >= refusals_period) {
        refusals_began_ = turn_began_;
        refusals_ = 0;
    }
    if (++refusals_ != refusals_max)
        return;
    const std::source_location& where = waiter.where();
    log(log_level::warning, "a coroutine goes on and on though it is cancelled; it should end",
        {{"file", file_name(where)}, {"line", where.line()}, {"coroutine", coroutine_name(where)}});
}

io_uring_sqe& loop_core::make_room() {
    for (;;) {
        if (io_uring_sqe* const sqe = ring_->submissions().next())
            return *sqe;
        ring_->enter(ring_->submissions().prepared(), 0, ringlet::ring::no_deadline);
        if (io_uring_sqe* const sqe = ring_->submissions().next())
            return *sqe;
        reap();  // the ring takes nothing more before completions are taken from it
    }
}

void loop_core::reap() {
    while (ring_->completions().ready() > 0)
        reaped_.push_back(ring_->completions().pop());
}

void loop_core::prepare_fork() {
    do {
        ring_->enter(ring_->submissions().prepared(), 0, ringlet::ring::no_deadline);
        reap();
    } while (ring_->submissions().prepared() > 0);
    for (completion& cqe : reaped_)
        if (cqe.user_data != 0)
            reinterpret_cast<ring_operation*>(cqe.user_data)->will_fork(cqe);
}

void loop_core::abandon_in_child() noexcept {
    current_core = nullptr;
}

}  // namespace ringlet::detail
