#include "loop/detail/cpu_relax.hpp"
#include "loop/detail/valid_loop_options.hpp"
#include "wake_up.hpp"

#include <ringlet/loop/detail/ring_operation.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/ring/make_ring.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace ringlet {

namespace {

// Read and written only by the functions of this file, which are not inlined into coroutines: a
// compiler may keep the address of a thread_local across a suspension (llvm 47179). The model is
// one that spares a shared library a call for each access; for that it has to be in the memory that
// ld.so sets aside, of which one pointer is not much.
[[gnu::tls_model("initial-exec")]] thread_local loop* current_loop = nullptr;

// Between two looks at the clock lies less than a microsecond. Where it is this much, other threads
// want the CPU, and it is better to let them have it.
constexpr auto preempted = std::chrono::microseconds(10);

constexpr auto suspended_at_the_end =
    "a loop was destroyed while a coroutine was suspended on it; await every task first";

}  // namespace

/// Makes a loop the current one of its thread, for as long as it runs.
class loop::running {
public:
    explicit running(loop& entered) : previous_(current_loop) {
        if (std::this_thread::get_id() != entered.owner_)
            throw std::logic_error("loop::run: a loop must be run by the thread that made it");
        if (current_loop == &entered)
            throw std::logic_error("loop::run: the loop runs already; await instead");
        current_loop = &entered;
        entered.turn_began_ = entered.now();
        entered.spin_.begin(entered.usage());
    }
    running(const running&) = delete;
    running& operator=(const running&) = delete;
    ~running() { current_loop = previous_; }

private:
    loop* previous_;
};

loop::wake_up::wake_up(loop& owner)
    : detail::ring_operation(owner, never_enough), event_(::eventfd(0, EFD_CLOEXEC), "eventfd") {
    restart();
}

loop::wake_up::~wake_up() {
    // Whoever undertook to wake the loop may still be about to.
    while (signals_.load(std::memory_order_acquire) < expected_)
        std::this_thread::yield();
}

void loop::wake_up::signal() noexcept {
    const std::uint64_t one = 1;
    // It can only fail where the counter is full, and then the loop is being woken already; or in a
    // forked child, where no loop of its parent's is to be woken.
    [[maybe_unused]] const auto written = ::write(event_.native_handle(), &one, sizeof(one));
    signals_.fetch_add(1, std::memory_order_release);
}

void loop::wake_up::prepare(io_uring_sqe& sqe) {
    io_uring_prep_read(&sqe, event_.native_handle(), &count_, sizeof(count_), 0);
}

void loop::wake_up::complete(const detail::completion& /*cqe*/) {
    if (!loop_->closing_)
        restart();
}

loop::loop(const loop_options& options) : loop(make_ring(options.ring), options) {}

loop::loop(std::unique_ptr<ringlet::ring> ring, const loop_options& options)
    : inline_completions_max_((detail::require_valid(options), options.inline_completions_max)),
      inline_completions_(options.inline_completions_max), spin_max_(options.spin_max),
      frames_(options.frame_cache_bytes_max),
      buffers_(options.receive_buffer_size, options.receive_buffers_max,
               options.receive_buffers_held_max),
      ring_(std::move(ring)), wake_up_(std::make_unique<wake_up>(*this)) {}

loop::~loop() {
    detail::check(ready_.empty() && timers_.empty(), suspended_at_the_end);
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

loop* loop::current() noexcept {
    return current_loop;
}

loop& loop::require_current(const char* caller) {
    if (current_loop == nullptr)
        throw std::logic_error(std::string(caller) + ": no loop runs in this thread");
    return *current_loop;
}

void loop::run() {
    const running here(*this);
    while (!stop_)
        turn();
    stop_ = false;
}

void loop::run_until(const bool& done, const std::function<void()>& begin) {
    const running here(*this);
    scope_ = &root_scope_;
    begin();
    while (!done)
        turn();
}

void loop::stop() {
    post([this] { stop_ = true; });
}

void loop::wake() noexcept {
    wake_up_->signal();
}

loop_statistics loop::statistics() const noexcept {
    loop_statistics now = statistics_;
    now.completions -= completions_before_;
    now.in_flight = in_flight_ - 1;  // less the wake_up
    return now;
}

void loop::restart_statistics() noexcept {
    completions_before_ = statistics_.completions;  // which the measuring of spins goes on with
    statistics_ = {.completions = completions_before_};
}

void loop::turn() {
    statistics_.longest_run = std::max(statistics_.longest_run, now() - turn_began_);
    wait();
    turn_began_ = now();
    ++statistics_.turns;
    deliver_all();
    scope_ = &root_scope_;
    inbox_.run();
    if (!timers_.empty())
        timers_.expire_until(turn_began_);
    resume_ready();
}

void loop::wait() {
    if (ready_.empty() && reaped_.empty() && !spin() && inbox_.sleep()) {
        ring_->enter(ring_->submissions().prepared(), 1, timers_.next_deadline());
        if (inbox_.woke())
            wake_up_->expect_signal();
    } else {
        collect();
    }
}

void loop::collect() {
    const unsigned prepared = ring_->submissions().prepared();
    if (prepared > 0 || ring_->completions().uncollected())
        ring_->enter(prepared, 0, ringlet::ring::no_deadline);
}

bool loop::has_news() const noexcept {
    return ring_->completions().ready() > 0 || ring_->completions().uncollected() ||
           !inbox_.empty();
}

detail::adaptive_spin::usage loop::usage() const noexcept {
    return {ring_->cpu_time(), statistics_.completions};
}

bool loop::spin() {
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
            detail::cpu_relax();
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

// Only what is there now: what it leads to waits for the next turn. So do those that are reaped
// meanwhile, to make room, and what has come after them.
void loop::deliver_all() {
    detail::completion_queue& completions = ring_->completions();
    unsigned ready = completions.ready();
    for (std::size_t left = reaped_.size(); left > 0; --left) {
        const detail::completion oldest = reaped_.front();
        reaped_.pop_front();
        deliver(oldest);
    }
    for (; ready > 0 && reaped_.empty(); --ready)
        deliver(completions.pop());
}

void loop::deliver(const detail::completion& cqe) {
    if (cqe.user_data == 0)  // a cancel's own; only its target's matters
        return;
    auto& ended = *reinterpret_cast<detail::ring_operation*>(cqe.user_data);
    if ((cqe.flags & IORING_CQE_F_MORE) == 0)
        --in_flight_;
    ++statistics_.completions;
    detail::check(!closing_ || !ended.pending_, suspended_at_the_end);
    inline_completions_ = inline_completions_max_;
    ended.deliver(cqe);
}

void loop::resume_ready() {
    resuming_.splice_back(ready_);
    while (!resuming_.empty()) {
        inline_completions_ = inline_completions_max_;
        resuming_.pop_front().resume();
    }
}

io_uring_sqe& loop::make_room() {
    for (;;) {
        ring_->enter(ring_->submissions().prepared(), 0, ringlet::ring::no_deadline);
        if (io_uring_sqe* const sqe = ring_->submissions().next())
            return *sqe;
        reap();  // the ring takes nothing more before completions are taken from it
    }
}

void loop::reap() {
    while (ring_->completions().ready() > 0)
        reaped_.push_back(ring_->completions().pop());
}

void loop::prepare_fork() {
    do {
        ring_->enter(ring_->submissions().prepared(), 0, ringlet::ring::no_deadline);
        reap();
    } while (ring_->submissions().prepared() > 0);
    for (const detail::completion& cqe : reaped_)
        if (cqe.user_data != 0)
            reinterpret_cast<detail::ring_operation*>(cqe.user_data)->fork_before_delivery(cqe);
}

void loop::abandon_in_child() noexcept {
    current_loop = nullptr;
}

}  // namespace ringlet
