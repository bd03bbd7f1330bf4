#pragma once

#include "coro/detail/loop_thread.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/server/server_options.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace ringlet::detail {

/// A thread with a loop of its own, which runs the tasks that `spawn` gives to it: a loop_thread.
///
/// Thread-safe: `spawn` and `cancel`.
class worker_thread {
public:
    /// Starts the thread, bound to `cpu` if one is given. Throws std::system_error where the system
    /// has no thread left, and the exceptions of the loop's constructor.
    explicit worker_thread(const loop_options& options, std::optional<unsigned> cpu = {});
    worker_thread(const worker_thread&) = delete;
    worker_thread& operator=(const worker_thread&) = delete;

    /// Waits until all tasks have ended.
    ~worker_thread();

    /// Begins a task in the thread. An exception of the task is lost. Throws std::bad_alloc.
    void spawn(task<> work);

    /// Cancels the tasks that run in the thread.
    void cancel() noexcept;

private:
    /// A message that the thread gets once. Sending it takes no memory, since cancelling must not
    /// need any.
    class notice final : private inbox::work_item {
    public:
        explicit notice(std::function<void()> heard) : heard_(std::move(heard)) {}

        void tell(loop& told) noexcept {
            if (!told_.exchange(true))
                told.core().post(*this);
        }

    private:
        void run() override { heard_(); }
        void discard() noexcept override {}

        std::function<void()> heard_;
        std::atomic<bool> told_{false};
    };

    /// The part that lives in the thread's own coroutine.
    struct interior {
        joinable_task_group tasks;
        event finished;
        notice cancel{[this] { tasks.cancel(); }};
        notice finish{[this] { finished.set(); }};
    };

    task<> work();

    loop* loop_ = nullptr;
    interior* interior_ = nullptr;
    loop_thread thread_;  // the last member, since it uses the others
};

/// Starts the `count` threads of a pool, bound to CPUs where the options say so. Throws as the
/// constructor of worker_thread does.
[[nodiscard]] std::vector<std::unique_ptr<worker_thread>>
start_worker_threads(std::size_t count, const server_options& options);

}  // namespace ringlet::detail
