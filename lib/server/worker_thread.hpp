#pragma once

#include <ringlet/coro/event.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/loop/loop.hpp>

#include <exception>
#include <future>
#include <optional>
#include <thread>

namespace ringlet {

/// A thread with a loop of its own, in which tasks run that are given to it. Signals are left to the
/// program's other threads.
///
/// Thread-safe: `spawn` and `cancel`.
class worker_thread {
public:
    /// Starts it, bound to one CPU if that is said. Throws std::system_error where there is no
    /// thread to be had, and what the constructor of a loop throws.
    explicit worker_thread(const loop_options& options, std::optional<unsigned> cpu = {});
    worker_thread(const worker_thread&) = delete;
    worker_thread& operator=(const worker_thread&) = delete;

    /// Waits until all tasks have ended.
    ~worker_thread();

    /// Begins a task there; what it throws is lost. Throws std::bad_alloc.
    void spawn(task<> work);

    /// Cancels what runs there.
    void cancel();

private:
    /// Told to the thread when no more tasks will come.
    class end_of_work final : public inbox::work_item {
    public:
        [[nodiscard]] event& told() noexcept { return told_; }

    private:
        void run() override { told_.set(); }
        void discard() noexcept override {}

        event told_;
    };

    /// Lives in the thread's own coroutine.
    struct interior {
        task_group tasks;
        end_of_work last;
    };

    void run(const loop_options& options, std::promise<void>& ready) noexcept;
    task<> work(std::promise<void>& ready);

    loop* loop_ = nullptr;
    interior* interior_ = nullptr;
    std::thread thread_;
};

}  // namespace ringlet
