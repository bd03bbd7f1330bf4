#include "ring/epoll/op_description.hpp"
#include "system_call.hpp"

namespace ringlet::detail::epoll::op {

namespace {

std::optional<outcome> attempt(ring_state& /*ring*/, const io_uring_sqe& sqe,
                               progress& /*so_far*/) {
    return result_of(::shutdown(sqe.fd, static_cast<int>(sqe.len)));
}

}  // namespace

extern const op_description shutdown{
    .at_descriptor = true,
    .attempt = attempt,
};

}  // namespace ringlet::detail::epoll::op
