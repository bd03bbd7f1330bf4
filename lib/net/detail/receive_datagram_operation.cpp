#include "datagram_pool.hpp"

#include <ringlet/net/detail/receive_datagram_operation.hpp>

namespace ringlet::detail {

bool receive_datagram_operation::await_ready() noexcept {
    if (!admit())
        return true;
    if (!source_.available() || !core_->may_complete_inline())
        return false;
    result_ = source_.take(received_);
    return true;
}

void receive_datagram_operation::await_suspend(suspension waiter) {
    if (source_.available()) {
        suspend(waiter);
        resume_later(source_.take(received_));
    } else {
        source_.wait(*this);
        suspend(waiter);
    }
}

datagram receive_datagram_operation::await_resume() {
    if (error_.stores() || result_ < 0)
        report(error_, "recvmsg");
    return received_ == nullptr ? datagram() : received_->lend();
}

void receive_datagram_operation::cancel() {
    source_.stop_waiting();
    resume_later(-ECANCELED);
}

}  // namespace ringlet::detail
