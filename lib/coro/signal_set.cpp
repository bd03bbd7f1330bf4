#include "base/detail/blocked_signals.hpp"
#include "base/detail/fork_hooks.hpp"
#include "base/detail/own_thread.hpp"

#include <ringlet/base/detail/check.hpp>
#include <ringlet/base/detail/event_descriptor.hpp>
#include <ringlet/coro/signal_set.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace ringlet {

namespace {

constexpr int numbers_max = 64;

constexpr std::uint64_t bit_of(int number) noexcept {
    return std::uint64_t{1} << (number - 1);
}

// In this thread, from before a fork until the child has left what the parent's sets watch: a
// signal that came before would be noted there, where nobody waits.
thread_local std::optional<detail::blocked_signals> guard_of_fork;

/// Blocks or unblocks a signal in this thread. Whether it was blocked before.
bool change_mask(int how, int number) noexcept {
    sigset_t only;
    sigset_t before;
    ::sigemptyset(&only);
    ::sigaddset(&only, number);
    ::pthread_sigmask(how, &only, &before);
    return ::sigismember(&before, number) == 1;
}

}  // namespace

/// The part of a set that the signal handler uses, in any thread at any time, without a lock.
class signal_set::slot {
public:
    [[nodiscard]] bool in_use() const noexcept { return watched_ != 0; }
    [[nodiscard]] std::uint64_t watched() const noexcept { return watched_; }

    /// Begins to note signals of these numbers. `fd` is an event_descriptor's, which each note
    /// makes readable.
    void open(std::uint64_t numbers, int fd) noexcept;

    /// Stops noting signals, and closes the descriptor once no handler uses it any more.
    void close() noexcept;

    /// Stops noting signals, and closes the descriptor, in a forked child: the threads that were in
    /// a handler are not there, so that nothing is waited for.
    void close_in_forked_child() noexcept;

    /// Notes a signal, if this slot watches its number. Async-signal-safe.
    void note(std::uint64_t number) noexcept;

    /// Gives the lowest number that has been noted, and forgets it; 0 if there is none.
    [[nodiscard]] int pop_noted() noexcept;

    [[nodiscard]] int native_handle() const noexcept { return fd_; }

private:
    int fd_ = -1;                            // a handler uses it while something is watched
    std::atomic<std::uint64_t> watched_{0};  // bit 0 is number 1
    std::atomic<std::uint64_t> noted_{0};
    std::atomic<unsigned> handlers_{0};  // how many handlers may use the descriptor now
    static_assert(decltype(watched_)::is_always_lock_free &&
                  decltype(handlers_)::is_always_lock_free);
};

void signal_set::slot::open(std::uint64_t numbers, int fd) noexcept {
    fd_ = fd;
    noted_ = 0;
    watched_ = numbers;
}

void signal_set::slot::close() noexcept {
    watched_ = 0;
    while (handlers_ != 0)
        std::this_thread::yield();
    ::close(fd_);
}

void signal_set::slot::close_in_forked_child() noexcept {
    handlers_ = 0;
    close();
}

void signal_set::slot::note(std::uint64_t number) noexcept {
    if ((watched_ & number) == 0)
        return;
    ++handlers_;
    if ((watched_ & number) !=
        0) {  // it still watches, so the descriptor stays open until handlers_ is 0
        noted_ |= number;
        detail::event_descriptor::signal(fd_);
    }
    --handlers_;
}

int signal_set::slot::pop_noted() noexcept {
    const std::uint64_t noted = noted_ & watched_;
    if (noted == 0)
        return 0;
    noted_ &= ~(noted & -noted);
    return std::countr_zero(noted) + 1;
}

/// The slots of all sets, which are never moved or destroyed, and the earlier effects of signals.
class signal_set::table {
public:
    [[nodiscard]] slot& open_slot(std::uint64_t numbers);
    void close_slot(slot& ended) noexcept;

    /// A number that changes in a forked child.
    [[nodiscard]] unsigned process() const noexcept { return process_; }

    static table all;

private:
    struct disposition {
        std::size_t sets;
        bool blocked_before;  // in the thread that made the first set
        struct sigaction before;
    };

    static void handle(int number) noexcept;

    void catch_signals(std::uint64_t numbers) noexcept;
    void leave_signals(std::uint64_t numbers) noexcept;
    void begin_in_forked_child() noexcept;

    std::array<slot, sets_max> slots_;
    std::array<disposition, numbers_max> dispositions_{};
    unsigned process_ = 0;
    std::mutex mutex_;  // guards all that the handler does not use
};

constinit signal_set::table signal_set::table::all;

signal_set::slot& signal_set::table::open_slot(std::uint64_t numbers) {
    static const detail::fork_hooks hooks(
        [] {
            all.mutex_.lock();
            guard_of_fork.emplace();
        },
        [] {
            guard_of_fork.reset();
            all.mutex_.unlock();
        },
        [] {
            all.begin_in_forked_child();
            guard_of_fork.reset();
        });
    const std::lock_guard lock(mutex_);
    const auto free = std::ranges::find_if_not(slots_, &slot::in_use);
    if (free == slots_.end())
        throw std::system_error(EAGAIN, std::system_category(),
                                "signal_set: sets_max live already");
    free->open(numbers, detail::event_descriptor().release());
    catch_signals(numbers);
    return *free;
}

void signal_set::table::close_slot(slot& ended) noexcept {
    const std::lock_guard lock(mutex_);
    leave_signals(ended.watched());
    ended.close();
}

void signal_set::table::handle(int number) noexcept {
    for (slot& slot : all.slots_)
        slot.note(bit_of(number));
}

void signal_set::table::catch_signals(std::uint64_t numbers) noexcept {
    struct sigaction noting {};
    noting.sa_handler = &handle;
    noting.sa_flags = SA_RESTART;
    ::sigfillset(&noting.sa_mask);
    detail::allow_in_any_thread(noting.sa_handler);
    for (int number = 1; number <= numbers_max; ++number) {
        if ((numbers & bit_of(number)) == 0)
            continue;
        disposition& known = dispositions_[static_cast<std::size_t>(number - 1)];
        if (known.sets == 0)
            ::sigaction(number, &noting, &known.before);
        const bool was_blocked = change_mask(SIG_UNBLOCK, number);
        if (known.sets++ == 0)
            known.blocked_before = was_blocked;
    }
}

void signal_set::table::leave_signals(std::uint64_t numbers) noexcept {
    for (int number = 1; number <= numbers_max; ++number) {
        disposition& known = dispositions_[static_cast<std::size_t>(number - 1)];
        if ((numbers & bit_of(number)) == 0 || --known.sets > 0)
            continue;
        if (known.blocked_before)
            change_mask(SIG_BLOCK, number);
        if (sigset_t* const later = detail::blocked_signals::mask_at_end();
            known.blocked_before && later != nullptr)
            ::sigaddset(later, number);
        ::sigaction(number, &known.before, nullptr);
    }
}

// Called in the child's only thread, which has locked the mutex before the fork.
void signal_set::table::begin_in_forked_child() noexcept {
    for (slot& inherited : slots_)
        if (inherited.in_use()) {
            leave_signals(inherited.watched());
            inherited.close_in_forked_child();
        }
    ++process_;
    mutex_.unlock();
}

std::uint64_t signal_set::bit(int number) {
    const bool in_use_by_libc = number >= 32 && number < SIGRTMIN;
    bool awaitable = number >= 1 && number <= numbers_max && !in_use_by_libc;
    for (const int never : {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL})
        awaitable = awaitable && number != never;
    if (!awaitable)
        throw std::invalid_argument("signal_set: " + std::to_string(number) +
                                    " is not a signal that can be awaited");
    return bit_of(number);
}

signal_set::signal_set(numbers_mask numbers)
    : slot_(table::all.open_slot(static_cast<std::uint64_t>(numbers))),
      process_(table::all.process()) {}

signal_set::~signal_set() {
    if (process_ != table::all.process())
        return;
    detail::check(waiting_ == nullptr,
                  "a signal_set was destroyed while a coroutine waited for it; cancel "
                  "the coroutine and await it first");
    table::all.close_slot(slot_);
}

signal_set::wait_operation signal_set::wait(error_sink error) {
    return {detail::loop_core::require_current("signal_set::wait"), *this, error};
}

bool signal_set::wait_operation::await_ready() noexcept {
    const bool admitted = admit();
    if (!core_->may_complete_inline())
        return false;
    if (!admitted)
        return true;
    result_ = set_.slot_.pop_noted();
    return result_ != 0;
}

void signal_set::wait_operation::await_suspend(detail::suspension waiter) {
    if (refused()) {
        static_cast<void>(refuse(waiter));
        return;
    }
    if (set_.waiting_ != nullptr)
        throw std::logic_error("signal_set::wait: another one waits; a set has one");
    // `await_ready` has not asked the slot if too many awaits in a row have completed inline. A
    // signal that was noted before may have been read from the descriptor already.
    const int number = set_.slot_.pop_noted();
    if (number == 0)
        prepare(core_->begin(*this));
    suspend(waiter);
    set_.waiting_ = this;
    if (number != 0)
        resume_later(number);
}

int signal_set::wait_operation::await_resume() {
    if (set_.waiting_ == this)
        set_.waiting_ = nullptr;
    report(error_, "signal_set::wait");
    return result_ < 0 ? 0 : result_;
}

void signal_set::wait_operation::prepare(io_uring_sqe& sqe) {
    io_uring_prep_read(&sqe, set_.slot_.native_handle(), &count_, sizeof(count_), 0);
}

void signal_set::wait_operation::complete(const detail::completion& cqe) {
    if (cqe.result < 0)
        detail::ring_operation::complete(cqe);
    else if (const int number = set_.slot_.pop_noted(); number != 0)
        finish(number);
    else if (cancel_requested())
        finish(-ECANCELED);
    else
        restart();  // the descriptor told of a signal that an earlier wait has yielded
}

}  // namespace ringlet
