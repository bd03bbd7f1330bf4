#include "base/detail/fork_hooks.hpp"
#include "base/detail/own_thread.hpp"
#include "base/detail/per_process.hpp"
#include "base/detail/stand_in.hpp"

#include <ringlet/base/detail/check.hpp>
#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/base/thread_pool.hpp>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace ringlet {

namespace {

std::atomic<unsigned> forks{0};  // how many forks made this process out of the first one

void notice_forks() {
    static const detail::fork_hooks hooks([] { ++forks; });
}

}  // namespace

struct thread_pool::state {
    explicit state(const thread_pool_options& limits) : options(limits) {
        threads.reserve(options.threads_max + options.abandoned_max);
    }

    /// How many threads count against `threads_max`.
    [[nodiscard]] std::size_t counted() const noexcept { return threads.size() - abandoned; }

    void start_thread_if_needed() noexcept;
    void run_jobs();
    void run(std::unique_lock<std::mutex>& lock, job& next);
    void leave() noexcept;

    const thread_pool_options options;
    const unsigned forks_before = forks;
    std::mutex mutex;
    std::condition_variable work_or_end;
    detail::intrusive_list<job> jobs;
    std::size_t waiting = 0;    // jobs in the list
    std::size_t idle = 0;       // threads that can take a job, at once or once they have started
    std::size_t abandoned = 0;  // threads that run a job for which nobody waits
    bool ending = false;
    std::vector<std::thread> threads;
};

void thread_pool::state::start_thread_if_needed() noexcept {
    if (waiting < idle || counted() >= options.threads_max)
        return;
    try {
        threads.push_back(detail::start_own_thread([this] { run_jobs(); }));
        ::pthread_setname_np(threads.back().native_handle(), "ringlet-pool");
        ++idle;
    } catch (const std::exception&) {  // the pool goes on with the threads that it has
    }
}

void thread_pool::state::run_jobs() {
    std::unique_lock lock(mutex);
    while (ending || counted() <= options.threads_max) {
        work_or_end.wait(lock, [this] { return ending || !jobs.empty(); });
        if (jobs.empty())
            return;
        run(lock, jobs.pop_front());
    }
    leave();
}

void thread_pool::state::run(std::unique_lock<std::mutex>& lock, job& next) {
    --waiting;
    --idle;
    next.running_ = true;
    lock.unlock();
    next.work();
    lock.lock();
    ++idle;  // before the end is told, so that the next job finds an idle thread
    next.running_ = false;
    if (std::exchange(next.abandoned_, false))
        --abandoned;
    lock.unlock();
    next.report_end();
    lock.lock();
}

/// Takes the calling thread out of the pool, which has another in its place; the thread ends, and
/// touches nothing but the mutex any more.
void thread_pool::state::leave() noexcept {
    --idle;
    const auto own = std::ranges::find(threads, std::this_thread::get_id(), &std::thread::get_id);
    own->detach();
    *own = std::move(threads.back());
    threads.pop_back();
}

thread_pool::thread_pool(const thread_pool_options& options) {
    if (options.threads_max == 0)
        throw std::invalid_argument("thread_pool_options: threads_max must be 1 or more");
    notice_forks();
    state_ = new state(options);
}

thread_pool::~thread_pool() {
    if (state_->forks_before != forks) {
        // The parent's threads cannot be joined here, and a mutex that one of them held stays
        // locked for ever: the state is left as it is.
        return;
    }
    {
        const std::lock_guard lock(state_->mutex);
        detail::check(state_->jobs.empty(),
                      "a thread_pool was destroyed while a coroutine waited for it; "
                      "cancel the coroutine and await it first");
        state_->ending = true;
    }
    state_->work_or_end.notify_all();
    for (std::thread& thread : state_->threads)
        thread.join();
    delete state_;
}

thread_pool& thread_pool::shared() {
    return detail::per_process<thread_pool>::get();
}

std::size_t thread_pool::threads() const noexcept {
    const std::lock_guard lock(state_->mutex);
    return state_->threads.size();
}

std::size_t thread_pool::waiting() const noexcept {
    const std::lock_guard lock(state_->mutex);
    return state_->waiting;
}

std::size_t thread_pool::abandoned() const noexcept {
    const std::lock_guard lock(state_->mutex);
    return state_->abandoned;
}

int thread_pool::submit(job& submitted) noexcept {
    if (detail::stand_in* const simulation = detail::stand_in::current())
        return simulation->submit(submitted);
    detail::check(state_->forks_before == forks,
                  "a thread_pool was used in a forked child of the process "
                  "that made it, where it has no threads; make another");
    const std::lock_guard lock(state_->mutex);
    state_->start_thread_if_needed();
    if (state_->waiting >= state_->idle + state_->options.waiting_max || state_->counted() == 0)
        return -EAGAIN;
    state_->jobs.push_back(submitted);
    ++state_->waiting;
    state_->work_or_end.notify_one();
    return 0;
}

bool thread_pool::withdraw(job& submitted) noexcept {
    if (detail::stand_in* const simulation = detail::stand_in::current())
        return simulation->withdraw(submitted);
    const std::lock_guard lock(state_->mutex);
    if (!submitted.linked())
        return false;
    submitted.unlink();
    --state_->waiting;
    return true;
}

void thread_pool::abandon(job& submitted) noexcept {
    if (detail::stand_in::current() != nullptr)
        return;
    const std::lock_guard lock(state_->mutex);
    if (!submitted.running_ || submitted.abandoned_ ||
        state_->abandoned == state_->options.abandoned_max)
        return;
    submitted.abandoned_ = true;
    ++state_->abandoned;
    if (state_->waiting > state_->idle)
        state_->start_thread_if_needed();
}

}  // namespace ringlet
