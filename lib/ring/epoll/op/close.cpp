#include "ring/epoll/op_description.hpp"
#include "ring/epoll/ring_state.hpp"
#include "system_call.hpp"

#include <unistd.h>

namespace ringlet::detail::epoll::op {

namespace close_op {

bool accepts(const io_uring_sqe& sqe) noexcept {
    return sqe.file_index == 0;
}

std::optional<outcome> attempt(ring_state& ring, const io_uring_sqe& sqe, progress& /*so_far*/) {
    descriptor_table& descriptors = ring.waiting.descriptors();
    descriptors.at(sqe.fd).for_each(
        [&](waiting_operation& operation) { ring.waiting.forsake(operation); });
    descriptors.closing(sqe.fd);
    return result_of(::close(sqe.fd));
}

}  // namespace close_op

extern const op_description close{
    .accepts = close_op::accepts,
    .at_descriptor = true,
    .attempt = close_op::attempt,
};

}  // namespace ringlet::detail::epoll::op
