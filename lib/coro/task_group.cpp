#include "coro/detail/detached.hpp"

#include <ringlet/coro/detail/entered_scope.hpp>
#include <ringlet/coro/task_group.hpp>

#include <cerrno>
#include <stdexcept>

namespace ringlet {

task_group::task_group(loop& owner, std::size_t running_max)
    : core_(owner.core()), scope_(&core_.scope()), running_max_(running_max) {
    if (running_max == 0)
        throw std::invalid_argument("task_group: it must let 1 task or more run");
}

void task_group::spawn(task<void> child) {
    if (failed_)
        return;
    const detail::entered_scope inside(core_, scope_);
    run_child(std::move(child));
}

detail::detached task_group::run_child(task<void> child) {
    ++running_;
    std::exception_ptr exception;
    try {
        co_await std::move(child);
    } catch (...) {
        exception = std::current_exception();
    }
    ended(std::move(exception));
}

void task_group::ended(std::exception_ptr exception) noexcept {
    if (exception)
        failed(std::move(exception));
    --running_;
    grant_next();
    if (running_ == 0 && joining_ != nullptr)
        std::exchange(joining_, nullptr)->resume_later(0);
}

void task_group::failed(std::exception_ptr exception) noexcept {
    if (scope_.caused(exception)) {
        child_cancelled_ = true;
    } else if (!exception_) {
        exception_ = std::move(exception);
        failed_ = true;
        cancel();
    }
}

bool task_group::reserve() noexcept {
    if (running_ + reserved_ >= running_max_)
        return false;
    ++reserved_;
    return true;
}

void task_group::grant_next() noexcept {
    if (!line_.empty() && reserve())
        line_.front().grant();
}

void task_group::spawn_operation::await_resume() {
    finish();
    --group_.reserved_;
    try {
        // A place is of no use once the group is cancelled: it goes to the next in line, which is
        // told so too.
        if (group_.scope_.cancelled())
            throw std::system_error(group_.scope_.reason(), "task_group::spawn_when_free");
        group_.spawn(std::move(child_));
    } catch (...) {  // the task has not begun, so the next operation may spawn
        group_.grant_next();
        throw;
    }
}

}  // namespace ringlet
