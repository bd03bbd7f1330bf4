#pragma once

#include <ringlet/base/detail/list_hook.hpp>

#include <cstddef>

namespace ringlet {

/// The limits of a thread_pool.
struct thread_pool_options {
    /// The largest number of threads. It may be more than there are cores, since jobs wait rather
    /// than compute.
    std::size_t threads_max = 32;

    /// The largest number of jobs that wait for a thread. A job beyond that fails at once with
    /// resource_unavailable_try_again.
    std::size_t waiting_max = 1024;

    /// The largest number of further threads, in place of those whose calls do not return though
    /// nobody waits for them any more. Beyond it such a thread counts against `threads_max`.
    std::size_t abandoned_max = 256;
};

/// A bounded set of threads for calls that block; `offload` is the way to use it. A thread is
/// started when a job comes that no idle thread can take, and is kept as long as the pool. A job
/// that finds all threads busy waits; first come, first served.
///
/// Signals for which the program has a handler when a thread starts are blocked there, SIGPIPE, and
/// those that the starting thread blocks, so that the program's other threads get them as if there
/// were no pool. A child of fork(2) has the program's mask again. posix_spawn(3), popen(3) and
/// system(3) give a program the thread's mask: where the program has a handler for SIGTERM, say,
/// have POSIX_SPAWN_SETSIGMASK clear it, or the new program cannot be ended by it. The handlers of
/// signal_set and serve_until_signal run in any thread, and block nothing.
///
/// After fork(2) the child has none of the threads. There `shared` gives another pool; a pool of
/// the parent must not be used in the child, but may be destroyed.
///
/// Thread-safe. Lifetime: the pool outlives the coroutines that wait for it; its destructor waits
/// for the jobs that its threads run.
class thread_pool {
public:
    /// Makes a pool, without a thread for now. Throws std::invalid_argument for a `threads_max` of
    /// 0, std::bad_alloc.
    explicit thread_pool(const thread_pool_options& options = {});
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;
    ~thread_pool();

    /// The pool that the whole process shares, with the default options. It is made at the first
    /// call, which may throw std::bad_alloc, and it never ends: a job that still runs when the
    /// program ends is not waited for.
    [[nodiscard]] static thread_pool& shared();

    /// How many threads have been started.
    [[nodiscard]] std::size_t threads() const noexcept;

    /// How many jobs wait for a thread.
    [[nodiscard]] std::size_t waiting() const noexcept;

    /// How many threads run a job that has been abandoned.
    [[nodiscard]] std::size_t abandoned() const noexcept;

    // For operations, below.

    /// A call to make in a thread of the pool. It lives in the operation that waits for it.
    class job : public detail::list_hook {
    public:
        /// Does the work, in a thread of the pool.
        virtual void work() noexcept = 0;

        /// Tells that the work has ended; called after `work` in that thread, which does not touch
        /// the job any more afterwards.
        virtual void report_end() noexcept = 0;

    protected:
        ~job() = default;

    private:
        friend thread_pool;

        bool running_ = false;
        bool abandoned_ = false;
    };

    /// Runs `submitted` as soon as a thread is free. Gives 0, or -EAGAIN if `waiting_max` jobs wait
    /// already or not even one thread can be started.
    [[nodiscard]] int submit(job& submitted) noexcept;

    /// Takes back a job that waits for a thread. False if a thread has begun it.
    [[nodiscard]] bool withdraw(job& submitted) noexcept;

    /// Tells that nobody waits for a job that a thread has begun. Another thread may be started in
    /// place of that one, up to `abandoned_max`, so that calls which do not return leave the pool
    /// to those that do. No effect on a job whose work has ended.
    void abandon(job& submitted) noexcept;

private:
    struct state;
    state* state_;  // owned
};

}  // namespace ringlet
