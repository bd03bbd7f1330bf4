#include "ring/epoll/op_description.hpp"
#include "system_call.hpp"

namespace ringlet::detail::epoll::op {

namespace shutdown_op {

std::optional<outcome> attempt(ring_state& /*ring*/, const io_uring_sqe& sqe,
                               progress& /*so_far*/) {
    return result_of(::shutdown(sqe.fd, static_cast<int>(sqe.len)));
}

}  // namespace shutdown_op

extern const op_description shutdown{
    .at_descriptor = true,
    .attempt = shutdown_op::attempt,
};

}  // namespace ringlet::detail::epoll::op
