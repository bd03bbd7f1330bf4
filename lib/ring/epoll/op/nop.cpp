#include "ring/epoll/op_description.hpp"

namespace ringlet::detail::epoll::op {

namespace nop_op {

bool accepts(const io_uring_sqe& sqe) noexcept {
    return sqe.rw_flags == 0;
}

std::optional<outcome> attempt(ring_state& /*ring*/, const io_uring_sqe& /*sqe*/,
                               progress& /*so_far*/) {
    return 0;
}

}  // namespace nop_op

extern const op_description nop{
    .accepts = nop_op::accepts,
    .attempt = nop_op::attempt,
};

}  // namespace ringlet::detail::epoll::op
