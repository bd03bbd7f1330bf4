#include "ring/epoll/op_description.hpp"
#include "ring/epoll/ring_state.hpp"

namespace ringlet::detail::epoll::op {

namespace buffers_op {

std::optional<outcome> provide(ring_state& ring, const io_uring_sqe& sqe, progress& /*so_far*/) {
    return ring.buffers.provide(sqe);
}

std::optional<outcome> remove(ring_state& ring, const io_uring_sqe& sqe, progress& /*so_far*/) {
    return ring.buffers.remove(sqe);
}

}  // namespace buffers_op

extern const op_description provide_buffers{.attempt = buffers_op::provide};
extern const op_description remove_buffers{.attempt = buffers_op::remove};

}  // namespace ringlet::detail::epoll::op
