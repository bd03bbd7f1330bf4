#include "acceptor.hpp"

#include <ringlet/net/detail/accept_operation.hpp>

namespace ringlet::detail {

bool accept_operation::await_ready() noexcept {
    if (!admit())
        return true;
    if (!source_.available() || !core_->may_complete_inline())
        return false;
    result_ = source_.take();
    return true;
}

void accept_operation::await_suspend(suspension waiter) {
    if (source_.available()) {
        suspend(waiter);
        resume_later(source_.take());
    } else {
        source_.wait(*this);
        suspend(waiter);
    }
}

stream accept_operation::await_resume() {
    if (error_.stores() || result_ < 0)
        report(error_, "accept");
    return {core_->owner(), result_ < 0 ? socket() : socket(core_->net(), result_)};
}

void accept_operation::cancel() {
    source_.stop_waiting();
    resume_later(-ECANCELED);
}

}  // namespace ringlet::detail
