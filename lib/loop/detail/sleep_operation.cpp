#include <ringlet/loop/detail/sleep_operation.hpp>

namespace ringlet::detail {

bool sleep_operation::await_suspend(suspension waiter) noexcept {
    if (!admit())
        return refuse(waiter);
    suspend(waiter);
    core_->timers().arm(*this, deadline_);
    return true;
}

void sleep_operation::cancel() {
    if (core_->timers().disarm(*this))
        resume_later(-ECANCELED);
}

}  // namespace ringlet::detail
