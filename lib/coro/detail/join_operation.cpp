#include <ringlet/coro/detail/join_operation.hpp>
#include <ringlet/coro/task_group.hpp>

#include <stdexcept>

namespace ringlet::detail {

join_operation::join_operation(task_group& group) noexcept
    : operation(group.core_), group_(group) {}

bool join_operation::await_ready() noexcept {
    // The operation is admitted even if all tasks have ended, since `await_resume` asks whether the
    // scope is cancelled, which may be why they have ended.
    static_cast<void>(admit());
    return group_.running_ == 0;
}

void join_operation::await_suspend(suspension waiter) {
    if (group_.joining_ != nullptr)
        throw std::logic_error("task_group::join: another join waits; a group has one");
    // It waits even if its scope is cancelled: the tasks must have ended before the coroutine goes
    // on.
    suspend(waiter);
    group_.joining_ = this;
    if (scope_cancelled())
        cancel();
}

// The waiter's scope may lie inside the group's scope, which then has not been cancelled with it.
void join_operation::cancel() {
    result_ = -ECANCELED;
    group_.scope_.cancel(static_cast<std::errc>(error().value()));
}

void join_operation::await_resume() {
    if (group_.exception_)
        std::rethrow_exception(std::exchange(group_.exception_, nullptr));
    if (std::exchange(group_.child_cancelled_, false) && scope_cancelled()) {
        result_ = -ECANCELED;
        report(throws, "task_group::join");
    }
}

}  // namespace ringlet::detail
