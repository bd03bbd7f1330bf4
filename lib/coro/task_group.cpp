#include "coro/detail/detached.hpp"

#include <ringlet/coro/detail/entered_scope.hpp>
#include <ringlet/coro/task_group.hpp>

#include <stdexcept>

namespace ringlet {

task_group::task_group(std::size_t running_max) : task_group() {
    if (running_max == 0)
        throw std::invalid_argument("task_group: it must let 1 task or more run");
    running_max_ = running_max;
}

void task_group::spawn(task<void> child) {
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
    if (exception) {
        if (scope_.caused(exception)) {
            child_cancelled_ = true;
        } else if (!exception_) {
            exception_ = std::move(exception);
            cancel();
        }
    }
    --running_;
    grant_next();
    if (running_ == 0 && joining_ != nullptr)
        std::exchange(joining_, nullptr)->resume_later(0);
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
        group_.spawn(std::move(child_));
    } catch (...) {  // there was no memory, so the next operation may spawn
        group_.grant_next();
        throw;
    }
}

detail::join_operation task_group::join() noexcept {
    return detail::join_operation(*this);
}

}  // namespace ringlet
