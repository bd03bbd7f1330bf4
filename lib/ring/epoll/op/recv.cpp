#include "ring/epoll/op_description.hpp"
#include "ring/epoll/ring_state.hpp"
#include "transfer.hpp"

#include <algorithm>

namespace ringlet::detail::epoll::op {

namespace recv_op {

bool selects_buffer(const io_uring_sqe& sqe) noexcept {
    return (sqe.flags & IOSQE_BUFFER_SELECT) != 0;
}

bool is_multishot(const io_uring_sqe& sqe) noexcept {
    return (sqe.ioprio & IORING_RECV_MULTISHOT) != 0;
}

bool accepts(const io_uring_sqe& sqe) noexcept {
    return accepts_transfer(sqe, IORING_RECVSEND_POLL_FIRST | IORING_RECV_MULTISHOT) &&
           !(selects_buffer(sqe) && (sqe.msg_flags & MSG_WAITALL) != 0) &&
           (!is_multishot(sqe) || (selects_buffer(sqe) && sqe.len == 0));
}

std::optional<int> receive(descriptor& from, const io_uring_sqe& sqe, std::byte* buffer,
                           std::size_t size, std::size_t& done) {
    const std::optional<int> result =
        transfer(sqe, done, size, [&](std::size_t moved, std::size_t left, int flags) {
            return ::recv(sqe.fd, buffer + moved, left, flags);
        });
    if (result && *result > 0)
        from.drained = static_cast<unsigned>(*result) < std::min(size, moved_max);
    return result;
}

/// Into a buffer of the SQE's group; a multishot goes on as long as there is something.
std::optional<outcome> receive_selecting(ring_state& ring, descriptor& from,
                                         const io_uring_sqe& sqe) {
    for (;;) {
        const buffer_groups::buffer* const buffer = ring.buffers.next(sqe.buf_group);
        if (buffer == nullptr)
            return -ENOBUFS;
        const std::uint32_t size = sqe.len == 0 ? buffer->size : std::min(sqe.len, buffer->size);
        std::size_t done = 0;
        const std::optional<int> result =
            receive(from, sqe, pointer<std::byte>(buffer->address), size, done);
        if (!result || *result < 0)
            return result;
        const outcome received(*result, IORING_CQE_F_BUFFER | unsigned{buffer->id}
                                                                  << IORING_CQE_BUFFER_SHIFT);
        ring.buffers.use_next(sqe.buf_group);
        if (!is_multishot(sqe) || received.result == 0 || ring.completions.full())
            return received;
        ring.post_with_more(sqe, received);
    }
}

std::optional<outcome> attempt(ring_state& ring, const io_uring_sqe& sqe, progress& so_far) {
    descriptor& from = ring.waiting.descriptors().at(sqe.fd);
    // Where the last receive got all there was, trying would cost a call to learn nothing.
    if (!so_far.waited && from.drained && from.registered && !has_dontwait(sqe))
        return std::nullopt;
    if (selects_buffer(sqe))
        return receive_selecting(ring, from, sqe);
    return receive(from, sqe, pointer<std::byte>(sqe.addr), sqe.len, so_far.done);
}

}  // namespace recv_op

extern const op_description recv{
    .sqe_flags = IOSQE_ASYNC | IOSQE_BUFFER_SELECT,
    .accepts = recv_op::accepts,
    .at_descriptor = true,
    .waits_for = awaited::input,
    .never_waits = has_dontwait,
    .attempt = recv_op::attempt,
};

}  // namespace ringlet::detail::epoll::op
