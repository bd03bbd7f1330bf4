#include "detached.hpp"

#include <ringlet/coro/task_group.hpp>

#include <stdexcept>

namespace ringlet {

namespace {

template <class Ended>
detached run_child(task<void> child, Ended ended) {
    std::exception_ptr exception;
    try {
        co_await std::move(child);
    } catch (...) {
        exception = std::current_exception();
    }
    ended(std::move(exception));
}

}  // namespace

void task_group::spawn(task<void> child) {
    operation_scope* const outer = loop_.scope();
    loop_.set_scope(&scope_);
    ++running_;
    try {
        run_child(std::move(child),
                  [this](std::exception_ptr exception) { ended(std::move(exception)); });
    } catch (...) {  // there was no memory for the frame; nothing else gets here
        --running_;
        loop_.set_scope(outer);
        throw;
    }
    loop_.set_scope(outer);
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
    if (--running_ == 0 && joining_ != nullptr)
        std::exchange(joining_, nullptr)->resume_later(0);
}

void task_group::join_operation::await_suspend(std::coroutine_handle<> waiter) {
    if (group_.joining_ != nullptr)
        throw std::logic_error("task_group::join: another join waits; a group has one");
    // It waits even where its scope is cancelled: the tasks must have ended before it goes on.
    static_cast<void>(admit());
    suspend(waiter);
    group_.joining_ = this;
}

void task_group::join_operation::await_resume() {
    if (group_.exception_)
        std::rethrow_exception(std::exchange(group_.exception_, nullptr));
    if (std::exchange(group_.child_cancelled_, false) && scope_cancelled()) {
        result_ = -ECANCELED;
        report(nullptr, "task_group::join");
    }
}

}  // namespace ringlet
