#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/loop/loop.hpp>

#include <exception>

namespace ringlet {

/// Owns tasks that run at the same time, and awaits them. A task that fails cancels the others; the
/// first exception is thrown by `join`.
///
///     ringlet::task_group group;
///     group.spawn(serve(one));
///     group.spawn(serve(other));
///     co_await group.join();
///
/// A group that is destroyed before its tasks have ended would leave them with references to what is
/// gone; the program ends with a sentence saying so. Where something between `spawn` and `join` may
/// throw, use `run`, which joins whatever happens.
///
/// One thread: the loop's.
class task_group {
public:
    /// A group in the loop that runs in this thread, under the scope of the coroutine that makes it.
    /// Throws std::logic_error outside a loop.
    task_group() : task_group(loop::require_current("task_group")) {}

    /// The same in a loop that need not run yet.
    explicit task_group(loop& owner) noexcept : loop_(owner), scope_(owner.scope()) {}

    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;
    ~task_group() {
        check(running_ == 0, "a task_group was destroyed while its tasks ran; await join() first");
    }

    /// Begins `child` at once, up to its first suspension, and owns it until it has ended.
    /// Throws std::bad_alloc, and then the task has not begun.
    void spawn(task<void> child);

    /// Asks every task to end: what it awaits fails with operation_canceled.
    void cancel() { scope_.cancel(); }

    /// Waits until no task runs, and then throws the first exception that one of them ended with;
    /// that a task was cancelled along with the group does not count. Where the awaiting coroutine
    /// is cancelled, the tasks are too, and are still waited for. One `join` at a time.
    class join_operation;
    [[nodiscard]] join_operation join() noexcept;

    /// How many tasks run now.
    [[nodiscard]] std::size_t running() const noexcept { return running_; }

    /// Runs `body(group)`, a coroutine that spawns, as one of the group's tasks, and joins: no task
    /// is left behind, whatever throws. The body itself must not join.
    template <class Body>
    [[nodiscard]] static task<void> run(Body body);

private:
    void ended(std::exception_ptr exception) noexcept;

    loop& loop_;
    operation_scope scope_;
    std::size_t running_ = 0;
    bool child_cancelled_ = false;
    join_operation* joining_ = nullptr;
    std::exception_ptr exception_;
};

class task_group::join_operation final : public operation {
public:
    explicit join_operation(task_group& group) noexcept : operation(group.loop_), group_(group) {}

    [[nodiscard]] bool await_ready() const noexcept { return group_.running_ == 0; }
    void await_suspend(std::coroutine_handle<> waiter);
    void await_resume();

    void cancel() override {}  // the group's scope lies inside the waiter's: its tasks are told

private:
    friend task_group;
    task_group& group_;
};

inline task_group::join_operation task_group::join() noexcept {
    return join_operation(*this);
}

template <class Body>
task<void> task_group::run(Body body) {
    task_group group;
    group.spawn(body(group));
    co_await group.join();
}

}  // namespace ringlet
