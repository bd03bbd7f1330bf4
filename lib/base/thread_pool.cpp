#include "base/detail/blocked_signals.hpp"

#include <ringlet/base/detail/check.hpp>
#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/base/thread_pool.hpp>

#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

namespace ringlet {

namespace {

std::atomic<unsigned> forks{0};  // how many forks made this process out of the first one
std::atomic<thread_pool*> shared_pool{nullptr};

void begin_in_forked_child() noexcept {
    ++forks;
    shared_pool = nullptr;  // the parent's pool has no threads here
}

void notice_forks() {
    static const int registered = ::pthread_atfork(nullptr, nullptr, &begin_in_forked_child);
    if (registered != 0)
        throw std::bad_alloc();
}

}  // namespace

struct thread_pool::state {
    explicit state(const thread_pool_options& limits) : options(limits) {
        threads.reserve(options.threads_max);
    }

    void start_thread() noexcept;
    void run_jobs();

    const thread_pool_options options;
    const unsigned forks_before = forks;
    std::mutex mutex;
    std::condition_variable work_or_end;
    detail::intrusive_list<job> jobs;
    std::size_t waiting = 0;  // jobs in the list
    std::size_t idle = 0;     // threads that can take a job, at once or once they have started
    bool ending = false;
    std::vector<std::thread> threads;
};

void thread_pool::state::start_thread() noexcept {
    try {
        const detail::blocked_signals inherited;
        threads.emplace_back([this] { run_jobs(); });
        ::pthread_setname_np(threads.back().native_handle(), "ringlet-pool");
        ++idle;
    } catch (const std::exception&) {  // the pool goes on with the threads that it has
    }
}

void thread_pool::state::run_jobs() {
    std::unique_lock lock(mutex);
    for (;;) {
        work_or_end.wait(lock, [this] { return ending || !jobs.empty(); });
        if (jobs.empty())
            return;
        job& next = jobs.pop_front();
        --waiting;
        --idle;
        lock.unlock();
        next.work();
        lock.lock();
        ++idle;  // before the end is told, so that the next job finds an idle thread
        lock.unlock();
        next.report_end();
        lock.lock();
    }
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
    thread_pool* known = shared_pool;
    if (known != nullptr)
        return *known;
    auto created = std::make_unique<thread_pool>();
    return shared_pool.compare_exchange_strong(known, created.get()) ? *created.release() : *known;
}

std::size_t thread_pool::threads() const noexcept {
    const std::lock_guard lock(state_->mutex);
    return state_->threads.size();
}

std::size_t thread_pool::waiting() const noexcept {
    const std::lock_guard lock(state_->mutex);
    return state_->waiting;
}

int thread_pool::submit(job& submitted) noexcept {
    detail::check(state_->forks_before == forks,
                  "a thread_pool was used in a forked child of the process "
                  "that made it, where it has no threads; make another");
    const std::lock_guard lock(state_->mutex);
    if (state_->waiting >= state_->idle && state_->threads.size() < state_->options.threads_max)
        state_->start_thread();
    if (state_->waiting >= state_->idle + state_->options.waiting_max || state_->threads.empty())
        return -EAGAIN;
    state_->jobs.push_back(submitted);
    ++state_->waiting;
    state_->work_or_end.notify_one();
    return 0;
}

bool thread_pool::withdraw(job& submitted) noexcept {
    const std::lock_guard lock(state_->mutex);
    if (!submitted.linked())
        return false;
    submitted.unlink();
    --state_->waiting;
    return true;
}

}  // namespace ringlet
