#include "ring/epoll/op_description.hpp"
#include "transfer.hpp"

namespace ringlet::detail::epoll::op {

namespace send_op {

std::optional<outcome> attempt(ring_state& /*ring*/, const io_uring_sqe& sqe, progress& so_far) {
    const auto* const data = pointer<const std::byte>(sqe.addr);
    return transfer(sqe, so_far.done, sqe.len, [&](std::size_t moved, std::size_t left, int flags) {
        return ::send(sqe.fd, data + moved, left, flags);
    });
}

}  // namespace send_op

extern const op_description send{
    .accepts = accepts_plain_transfer,
    .at_descriptor = true,
    .waits_for = awaited::output,
    .never_waits = has_dontwait,
    .attempt = send_op::attempt,
    .waits_for_peer = send_waits_for_peer,
};

}  // namespace ringlet::detail::epoll::op
