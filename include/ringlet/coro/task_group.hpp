#pragma once

#include <ringlet/coro/detail/queued_operation.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/loop/loop.hpp>

#include <exception>

namespace ringlet {

namespace detail {
class join_operation;
struct detached;
}  // namespace detail

/// Owns tasks that run at the same time, and awaits them. A task that fails cancels the others; the
/// first exception is thrown by `join`.
///
///     ringlet::task_group group;
///     group.spawn(serve(one));
///     group.spawn(serve(other));
///     co_await group.join();
///
/// A group that is destroyed before its tasks have ended would leave them with references to what
/// is gone; the program ends with a sentence saying so. Where something between `spawn` and `join`
/// may throw, use `run`, which joins whatever happens.
///
/// One thread: the loop's.
class task_group {
public:
    /// A group in the loop that runs in this thread, under the scope of the coroutine that makes
    /// it. Throws std::logic_error outside a loop.
    task_group() : task_group(loop::require_current("task_group")) {}

    /// A group in which `spawn_when_free` lets at most so many tasks run at once. Throws
    /// std::invalid_argument for 0 as well.
    explicit task_group(std::size_t running_max);

    /// A group in a loop that need not run yet.
    explicit task_group(loop& owner) noexcept : core_(owner.core()), scope_(&core_.scope()) {}

    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;
    ~task_group() {
        detail::check(running_ == 0,
                      "a task_group was destroyed while its tasks ran; await join() first");
    }

    /// Begins `child` at once, up to its first suspension, and owns it until it has ended.
    /// Throws std::bad_alloc, and then the task has not begun.
    void spawn(task<void> child);

    class spawn_operation final : public detail::queued_operation {
    public:
        spawn_operation(task_group& group, task<void> child)
            : detail::queued_operation("task_group::spawn_when_free", group.line_, nullptr),
              group_(group), child_(std::move(child)) {}

        void await_resume();

    private:
        bool attempt() noexcept override { return nobody_ahead() && group_.reserve(); }

        task_group& group_;
        task<void> child_;
    };

    /// Waits until fewer tasks run than the group allows, then spawns `child`. Awaiting it throws
    /// std::system_error if it is cancelled, and then the task has not begun.
    [[nodiscard]] spawn_operation spawn_when_free(task<void> child) {
        return {*this, std::move(child)};
    }

    /// Asks every task to end: what it awaits fails with operation_canceled.
    void cancel() { scope_.cancel(); }

    /// Waits until no task runs, and then throws the first exception that one of them ended with;
    /// that a task was cancelled along with the group does not count. Where the awaiting coroutine
    /// is cancelled, the tasks are too, and are still waited for. One `join` at a time.
    [[nodiscard]] detail::join_operation join() noexcept;

    /// How many tasks run now.
    [[nodiscard]] std::size_t running() const noexcept { return running_; }

    /// Runs `body(group)`, a coroutine that spawns, as one of the group's tasks, and joins: no task
    /// is left behind, whatever throws. The body itself must not join. Let it capture by reference:
    /// a closure that owns what it captures needs a name, to be moved from, since GCC 12 destroys
    /// it twice where it is a temporary of the co_await expression.
    template <class Body>
    [[nodiscard]] static task<void> run(Body body);

private:
    friend detail::join_operation;

    detail::detached run_child(task<void> child);
    void ended(std::exception_ptr exception) noexcept;
    [[nodiscard]] bool reserve() noexcept;
    void give_free_place() noexcept;

    detail::loop_core& core_;
    detail::operation_scope scope_;
    std::size_t running_ = 0;
    std::size_t reserved_ = 0;  // places of those that waited for one and have yet to spawn
    std::size_t running_max_ = static_cast<std::size_t>(-1);
    detail::queued_operation::queue line_;
    bool child_cancelled_ = false;
    detail::join_operation* joining_ = nullptr;
    std::exception_ptr exception_;
};

}  // namespace ringlet

#include <ringlet/coro/detail/join_operation.hpp>  // which `join` returns

namespace ringlet {

template <class Body>
task<void> task_group::run(Body body) {
    task_group group;
    group.spawn(body(group));
    co_await group.join();
}

}  // namespace ringlet
