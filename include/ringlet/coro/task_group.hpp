#pragma once

#include <ringlet/coro/detail/queued_operation.hpp>
#include <ringlet/coro/detail/to_task.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/loop/loop.hpp>

#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>

namespace ringlet {

namespace detail {
class join_operation;
class joinable_task_group;
struct detached;
}  // namespace detail

/// Owns tasks that run at the same time, and awaits them. There is no group but inside `run`, which
/// leaves no task behind, whatever throws or is cancelled.
///
///     co_await ringlet::task_group::run([&](ringlet::task_group& group) {
///         group.spawn(serve(client));
///         group.spawn([&]() -> ringlet::task<> { co_await report(client); });
///     });
///
/// One thread: the loop's.
class task_group {
public:
    /// Makes a group, runs `body(group)` in it, and awaits all tasks: to their end if the body
    /// returns, and cancelled first if the body or one of the tasks fails. Then it throws the first
    /// exception. If the awaiting coroutine is cancelled, so are the body and the tasks.
    ///
    /// The body is a function or a coroutine. What the tasks refer to must outlive `run`: declare
    /// it outside of the body. A body that is a temporary captures by reference; a closure that
    /// owns its captures needs a name, since GCC 12 destroys it twice in a co_await expression.
    template <class Body>
    [[nodiscard]] static task<void> run(Body&& body);

    /// Makes a group in which `spawn_when_free` lets at most `running_max` tasks run at once, runs
    /// `body(group)` in it, and awaits all tasks. Throws std::invalid_argument for 0.
    ///
    ///     co_await ringlet::task_group::run(20, [&](ringlet::task_group& group)
    ///                                               -> ringlet::task<> {
    ///         for (const auto& peer : peers)
    ///             co_await group.spawn_when_free(probe(peer));
    ///     });
    template <class Body>
    [[nodiscard]] static task<void> run(std::size_t running_max, Body&& body);

    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    /// Runs `child` up to its first suspension at once, and owns it until it has ended. Once a task
    /// of the group has failed, no other begins. Throws std::bad_alloc, and then the task has not
    /// begun.
    void spawn(task<void> child);

    /// Runs `work` up to its first suspension at once, and owns it until it has ended: a callable
    /// with all that it captures, of which what it returns is awaited, or a task. Its result is
    /// dropped.
    ///
    ///     group.spawn([i]() -> ringlet::task<> { co_await serve(i); });
    ///     group.spawn([&] { return client.send_all("welcome\n"); });
    template <class Work>
    void spawn(Work&& work) {
        spawn(detail::without_result(detail::to_owned_task(std::forward<Work>(work))));
    }

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
    /// std::system_error if the wait or the group is cancelled, as it is once a task has failed, or
    /// std::bad_alloc; then the task has not begun.
    [[nodiscard]] spawn_operation spawn_when_free(task<void> child) {
        return {*this, std::move(child)};
    }

    /// Waits until fewer tasks run than the group allows, then spawns `work`, a callable or a task.
    /// A closure that owns its captures needs a name here, and is copied; or goes to `spawn`.
    template <class Work>
    [[nodiscard]] spawn_operation spawn_when_free(Work&& work) {
        static_assert(detail::awaitable<Work> || detail::sound_temporary<Work>,
                      "GCC 12 destroys a closure that owns what it captures twice in a co_await "
                      "expression: give it a name, and pass the name");
        return {*this, detail::without_result(detail::to_owned_task(std::forward<Work>(work)))};
    }

    /// Asks every task to end: the operations that they await fail with operation_canceled.
    void cancel() { scope_.cancel(); }

    /// How many tasks run now; the body is none of them.
    [[nodiscard]] std::size_t running() const noexcept { return running_; }

protected:
    task_group(loop& owner, std::size_t running_max);
    ~task_group() {
        detail::check(running_ == 0,
                      "a task_group was destroyed while its tasks ran; await join() first");
    }

private:
    friend detail::join_operation;
    friend detail::joinable_task_group;

    detail::detached run_child(task<void> child);
    void ended(std::exception_ptr exception) noexcept;
    void failed(std::exception_ptr exception) noexcept;
    [[nodiscard]] bool reserve() noexcept;
    void grant_next() noexcept;

    detail::loop_core& core_;
    detail::operation_scope scope_;
    std::size_t running_ = 0;
    std::size_t reserved_ = 0;  // granted to spawn operations that have yet to spawn
    std::size_t running_max_;
    detail::queued_operation::queue line_;
    bool failed_ = false;
    bool child_cancelled_ = false;
    detail::join_operation* joining_ = nullptr;
    std::exception_ptr exception_;
};

}  // namespace ringlet

#include <ringlet/coro/detail/joinable_task_group.hpp>  // which defines `run`
