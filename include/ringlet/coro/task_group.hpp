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

/// Owns tasks that run at the same time, and awaits them. A task that fails cancels the others, and
/// `join` throws the first exception.
///
///     co_await ringlet::task_group::run([&](ringlet::task_group& group) -> ringlet::task<> {
///         group.spawn(serve(client));
///         group.spawn(report(client));
///         co_return;
///     });
///
/// `run` joins whatever happens. A program may also make a group, spawn, and `co_await
/// group.join()` itself, if nothing between the first `spawn` and `join` can throw: a group that is
/// destroyed before its tasks have ended ends the program with a sentence, since the tasks would be
/// left with references to objects that are gone.
///
/// One thread: the loop's.
class task_group {
public:
    /// Makes a group in the loop that runs in this thread, under the scope of the coroutine that
    /// makes it. Throws std::logic_error outside a loop.
    task_group() : task_group(loop::require_current("task_group")) {}

    /// Makes a group in which `spawn_when_free` lets at most `running_max` tasks run at once.
    /// Throws std::invalid_argument for 0, std::logic_error outside a loop.
    explicit task_group(std::size_t running_max);

    /// Makes a group in `owner`, a loop that need not run yet.
    explicit task_group(loop& owner) noexcept : core_(owner.core()), scope_(&core_.scope()) {}

    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;
    ~task_group() {
        detail::check(running_ == 0,
                      "a task_group was destroyed while its tasks ran; await join() first");
    }

    /// Runs `child` up to its first suspension at once, and owns it until it has ended. Throws
    /// std::bad_alloc, and then the task has not begun.
    void spawn(task<void> child);

    /// Waits for its turn to spawn, in the frame of the awaiting coroutine.
    class spawn_operation final : public detail::queued_operation {
    public:
        spawn_operation(task_group& group, task<void> child)
            : detail::queued_operation("task_group::spawn_when_free", group.line_, throws),
              group_(group), child_(std::move(child)) {}

        void await_resume();

    private:
        bool attempt() noexcept override { return nobody_ahead() && group_.reserve(); }

        task_group& group_;
        task<void> child_;
    };

    /// Waits until fewer tasks run than the group allows, then spawns `child`. Awaiting it throws
    /// std::system_error if the wait is cancelled, or std::bad_alloc; then the task has not begun.
    [[nodiscard]] spawn_operation spawn_when_free(task<void> child) {
        return {*this, std::move(child)};
    }

    /// Asks every task to end: the operations that they await fail with operation_canceled.
    void cancel() { scope_.cancel(); }

    /// Waits until no task runs, then throws the first exception that a task ended with, if any;
    /// the error of a task that was cancelled with the group does not count. If the awaiting
    /// coroutine is cancelled, the tasks are cancelled too, and `join` still waits for them. Only
    /// one `join` may wait at a time: another throws std::logic_error.
    [[nodiscard]] detail::join_operation join() noexcept;

    /// How many tasks run now.
    [[nodiscard]] std::size_t running() const noexcept { return running_; }

    /// Makes a group, runs `body(group)`, a coroutine that spawns, as one of its tasks, and joins:
    /// no task is left behind, whatever throws. The body itself must not join. A body that is a
    /// temporary captures by reference. A closure that owns its captures needs a name and is moved
    /// in, since GCC 12 destroys it twice if it is a temporary of the co_await expression.
    template <class Body>
    [[nodiscard]] static task<void> run(Body body);

private:
    friend detail::join_operation;

    detail::detached run_child(task<void> child);
    void ended(std::exception_ptr exception) noexcept;
    [[nodiscard]] bool reserve() noexcept;
    void grant_next() noexcept;

    detail::loop_core& core_;
    detail::operation_scope scope_;
    std::size_t running_ = 0;
    std::size_t reserved_ = 0;  // granted to spawn operations that have yet to spawn
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
