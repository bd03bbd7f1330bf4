#include "ring/epoll/op_description.hpp"

namespace ringlet::detail::epoll::op {

namespace {

bool accepts(const io_uring_sqe& sqe) noexcept {
    return sqe.rw_flags == 0;
}

std::optional<outcome> attempt(ring_state& /*ring*/, const io_uring_sqe& /*sqe*/,
                               progress& /*so_far*/) {
    return 0;
}

}  // namespace

extern const op_description nop{
    .accepts = accepts,
    .attempt = attempt,
};

}  // namespace ringlet::detail::epoll::op
