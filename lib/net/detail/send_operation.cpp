#include <ringlet/net/detail/layer_side.hpp>
#include <ringlet/net/detail/send_operation.hpp>

#include <poll.h>

namespace ringlet::detail {

void send_operation::complete(const completion& cqe) {
    if (cqe.result > 0) {
        count(cqe.result);
        go_on();
    } else {
        // A stream socket that takes nothing and reports no error takes nothing more.
        ring_operation::complete(cqe.result == 0 ? completion{0, -EPIPE, 0} : cqe);
    }
}

ring_operation::readiness send_operation::missing_readiness() noexcept {
    return {fd_, POLLOUT};
}

bool send_operation::begin_on_layer(layer_side& side, suspension waiter) {
    return side.send(way_, waiter, const_buffer(bytes_.next(), bytes_.size()), bytes_.wanted());
}

}  // namespace ringlet::detail
