#pragma once

#include <ringlet/coro/detail/entered_scope.hpp>
#include <ringlet/coro/detail/join_operation.hpp>
#include <ringlet/coro/task_group.hpp>

#include <cstddef>
#include <exception>
#include <type_traits>

namespace ringlet::detail {

/// A task_group that its owner makes, and must join: a group that is destroyed before its tasks
/// have ended ends the program with a sentence, since the tasks would be left with references to
/// objects that are gone. Programs have task_group::run, which joins whatever happens.
///
/// One thread: the loop's.
class joinable_task_group final : public task_group {
public:
    /// The bound of a group that lets any number of tasks run at once.
    static constexpr auto unbounded = static_cast<std::size_t>(-1);

    /// Makes a group in the loop that runs in this thread, under the scope of the coroutine that
    /// makes it, in which `spawn_when_free` lets at most `running_max` tasks run at once. Throws
    /// std::invalid_argument for 0, std::logic_error outside a loop.
    explicit joinable_task_group(std::size_t running_max = unbounded)
        : task_group(loop::require_current("task_group"), running_max) {}

    /// Makes a group in `owner`, a loop that need not run yet.
    explicit joinable_task_group(loop& owner) : task_group(owner, unbounded) {}

    /// Waits until no task runs, then throws the first exception that a task ended with, if any;
    /// the error of a task that was cancelled with the group does not count. If the awaiting
    /// coroutine is cancelled, the tasks are cancelled too, and `join` still waits for them. Only
    /// one `join` may wait at a time: another throws std::logic_error.
    [[nodiscard]] join_operation join() noexcept { return join_operation(*this); }

    /// Runs `body(group)` in a new group's scope, and joins the group, whatever the body throws.
    template <class Body>
    static task<void> run_body(std::size_t running_max, Body body) {
        using result = std::invoke_result_t<Body&, task_group&>;
        static_assert(std::is_void_v<result> || awaitable<result>,
                      "the body of a task_group is a function or a coroutine: it returns nothing, "
                      "or what can be awaited");
        joinable_task_group group(running_max);
        try {
            const entered_scope inside(group.core_, group.scope_);
            if constexpr (std::is_void_v<result>)
                body(static_cast<task_group&>(group));
            else
                co_await body(static_cast<task_group&>(group));
        } catch (...) {
            group.failed(std::current_exception());
        }
        co_await group.join();
    }
};

}  // namespace ringlet::detail

namespace ringlet {

template <class Body>
task<void> task_group::run(Body&& body) {
    return run(detail::joinable_task_group::unbounded, std::forward<Body>(body));
}

template <class Body>
task<void> task_group::run(std::size_t running_max, Body&& body) {
    static_assert(detail::sound_temporary<Body>,
                  "GCC 12 destroys a closure that owns what it captures twice in a co_await "
                  "expression: give the body a name, and pass the name or std::ref(name)");
    return detail::joinable_task_group::run_body<std::decay_t<Body>>(running_max,
                                                                     std::forward<Body>(body));
}

}  // namespace ringlet
