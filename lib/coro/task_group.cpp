#include "detached.hpp"

#include <ringlet/coro/task_group.hpp>

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

join_operation task_group::join() noexcept {
    return join_operation(*this);
}

}  // namespace ringlet
