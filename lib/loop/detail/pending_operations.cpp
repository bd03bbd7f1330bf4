#include <ringlet/loop/detail/pending_operations.hpp>

#include <cerrno>
#include <utility>

namespace ringlet::detail {

operation* pending_operations::newest() const noexcept {
    return awaited_ ? first_waiting().newest_ : head_;
}

void pending_operations::set_newest(operation* newest) noexcept {
    if (!awaited_)
        head_ = newest;
    else if (newest != nullptr)
        first_waiting().newest_ = newest;
    else
        resume_waiting();
}

settled_operation& pending_operations::first_waiting() const noexcept {
    return static_cast<settled_operation&>(*head_);
}

void pending_operations::wait(settled_operation& waiter) noexcept {
    if (!std::exchange(awaited_, true)) {
        waiter.newest_ = std::exchange(head_, &waiter);
        return;
    }
    settled_operation* last = &first_waiting();
    while (last->next_ != nullptr)
        last = last->next_;
    last->next_ = &waiter;
}

void pending_operations::stop_waiting(settled_operation& waiter) noexcept {
    if (head_ == &waiter) {
        awaited_ = waiter.next_ != nullptr;
        head_ = waiter.next_;
        set_newest(waiter.newest_);
        return;
    }
    settled_operation* before = &first_waiting();
    while (before->next_ != &waiter)
        before = before->next_;
    before->next_ = waiter.next_;
}

void pending_operations::resume_waiting() noexcept {
    settled_operation* next = &first_waiting();
    awaited_ = false;
    head_ = nullptr;
    while (next != nullptr)
        std::exchange(next, next->next_)->resume_later(0);
}

bool settled_operation::await_ready() noexcept {
    return (!admit() || object_.empty()) && core_->may_complete_inline();
}

void settled_operation::await_suspend(suspension waiter) noexcept {
    if (refused()) {
        static_cast<void>(refuse(waiter));
        return;
    }
    suspend(waiter);
    if (object_.empty())
        resume_later(0);
    else
        object_.wait(*this);
}

void settled_operation::cancel() {
    object_.stop_waiting(*this);
    resume_later(-ECANCELED);
}

}  // namespace ringlet::detail
