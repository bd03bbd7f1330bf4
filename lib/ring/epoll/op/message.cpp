#include "keep.hpp"
#include "ring/epoll/op_description.hpp"
#include "transfer.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <numeric>

namespace ringlet::detail::epoll::op {

namespace message_op {

/// The `left` bytes of `message` that follow its first `done`, with which its control data went;
/// the buffers are copied to `buffers`.
msghdr rest_of(const msghdr& message, std::size_t done, std::size_t left,
               std::array<iovec, IOV_MAX>& buffers) {
    msghdr rest = message;
    if (done > 0) {
        rest.msg_control = nullptr;
        rest.msg_controllen = 0;
    }
    rest.msg_iov = buffers.data();
    rest.msg_iovlen = 0;
    for (std::size_t i = 0; i < message.msg_iovlen && left > 0; ++i) {
        const iovec& buffer = message.msg_iov[i];
        const std::size_t skipped = std::min(done, buffer.iov_len);
        const std::size_t kept = std::min(left, buffer.iov_len - skipped);
        done -= skipped;
        left -= kept;
        if (kept > 0)
            buffers[rest.msg_iovlen++] = {static_cast<std::byte*>(buffer.iov_base) + skipped, kept};
    }
    return rest;
}

/// `call(rest, flags)` moves what is left of the message.
template <class Call>
std::optional<int> transfer_message(const io_uring_sqe& sqe, progress& so_far, const Call& call) {
    const msghdr& message =
        so_far.kept == nullptr ? *pointer<msghdr>(sqe.addr) : so_far.kept->header;
    if (message.msg_iovlen > IOV_MAX)
        return -EMSGSIZE;
    const std::size_t size =
        std::accumulate(message.msg_iov, message.msg_iov + message.msg_iovlen, std::size_t{0},
                        [](std::size_t sum, const iovec& buffer) { return sum + buffer.iov_len; });
    std::array<iovec, IOV_MAX> buffers;
    return transfer(sqe, so_far.done, size, [&](std::size_t moved, std::size_t left, int flags) {
        msghdr rest = moved == 0 && left == size ? message : rest_of(message, moved, left, buffers);
        return call(rest, flags);
    });
}

std::optional<outcome> attempt_recvmsg(ring_state& /*ring*/, const io_uring_sqe& sqe,
                                       progress& so_far) {
    return transfer_message(sqe, so_far, [&](msghdr& rest, int flags) {
        const ssize_t received = ::recvmsg(sqe.fd, &rest, flags);
        if (received >= 0) {
            auto* const given = pointer<msghdr>(sqe.addr);
            given->msg_namelen = rest.msg_namelen;
            given->msg_controllen = rest.msg_controllen;
            given->msg_flags = rest.msg_flags;
        }
        return received;
    });
}

std::optional<outcome> attempt_sendmsg(ring_state& /*ring*/, const io_uring_sqe& sqe,
                                       progress& so_far) {
    return transfer_message(sqe, so_far, [&](const msghdr& rest, int flags) {
        return ::sendmsg(sqe.fd, &rest, flags);
    });
}

// The name and the control data are written to where the caller wants them.
void keep_buffers(waiting_operation& operation, kept_memory& kept) {
    const auto& given = *pointer<msghdr>(operation.addr);
    kept.header = given;
    kept.buffers.assign(given.msg_iov, given.msg_iov + given.msg_iovlen);
    kept.header.msg_iov = kept.buffers.data();
}

void keep_message(waiting_operation& operation, kept_memory& kept) {
    const auto& given = *pointer<msghdr>(operation.addr);
    keep_buffers(operation, kept);
    kept.name = copy_of(given.msg_name, given.msg_namelen);
    kept.control = copy_of(given.msg_control, given.msg_controllen);
    kept.header.msg_name = kept.name.empty() ? nullptr : kept.name.data();
    kept.header.msg_control = kept.control.empty() ? nullptr : kept.control.data();
}

}  // namespace message_op

extern const op_description recvmsg{
    .accepts = accepts_plain_transfer,
    .at_descriptor = true,
    .waits_for = awaited::input,
    .never_waits = has_dontwait,
    .attempt = message_op::attempt_recvmsg,
    .keep = message_op::keep_buffers,
};

extern const op_description sendmsg{
    .accepts = accepts_plain_transfer,
    .at_descriptor = true,
    .waits_for = awaited::output,
    .never_waits = has_dontwait,
    .attempt = message_op::attempt_sendmsg,
    .waits_for_peer = send_waits_for_peer,
    .keep = message_op::keep_message,
};

}  // namespace ringlet::detail::epoll::op
