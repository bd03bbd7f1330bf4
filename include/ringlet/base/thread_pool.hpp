#pragma once

#include <ringlet/base/detail/list_hook.hpp>

#include <cstddef>
#include <memory>

namespace ringlet {

/// The limits of a thread_pool.
struct thread_pool_options {
    /// Threads at most. More than there are cores, since what they run waits rather than computes.
    std::size_t threads_max = 32;

    /// Jobs that wait for a thread at most; what comes beyond that fails at once with
    /// resource_unavailable_try_again.
    std::size_t waiting_max = 1024;
};

/// Threads for what blocks; `offload` is the way to use it. One is started when work comes that no
/// idle one can take, and then kept as long as the pool. Work that finds all of them busy waits,
/// first come, first served.
///
/// Signals are blocked in its threads, but for those that tell of a thread's own fault, so that the
/// program's other threads get them as if there were no pool.
///
/// After fork(2) the child has none of the threads: there `shared` is another pool, and one of its
/// parent's must not be used; its end is harmless.
///
/// Thread-safe. Lifetime: outlives those who wait for it; its end waits for what its threads run.
class thread_pool {
public:
    /// Throws std::invalid_argument for no thread at all, std::bad_alloc.
    explicit thread_pool(const thread_pool_options& options = {});
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;
    ~thread_pool();

    /// The pool of the whole process, with the default options, for who has none of their own. Made
    /// at the first call, which may throw std::bad_alloc. It never ends: what its threads run when
    /// the program does is left where it is.
    [[nodiscard]] static thread_pool& shared();

    /// How many threads have been started, and how many jobs wait for one.
    [[nodiscard]] std::size_t threads() const noexcept;
    [[nodiscard]] std::size_t waiting() const noexcept;

    // For operations, below.

    /// Something to run in a thread of the pool. It lives in whoever waits for it.
    class job : public detail::list_hook {
    public:
        /// Called one after the other in a thread of the pool: the work itself, then what tells of
        /// its end, after which the thread does not touch the job any more.
        virtual void work() noexcept = 0;
        virtual void report_end() noexcept = 0;

    protected:
        ~job() = default;
    };

    /// Has `submitted` run as soon as a thread is free, and gives 0; or -EAGAIN where `waiting_max`
    /// wait already or not even one thread can be started.
    [[nodiscard]] int submit(job& submitted) noexcept;

    /// Takes back a job that waits for its thread; false if it has got it.
    [[nodiscard]] bool withdraw(job& submitted) noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace ringlet
