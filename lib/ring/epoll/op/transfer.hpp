#pragma once

#include "system_call.hpp"

#include <liburing.h>

#include <algorithm>
#include <cstddef>
#include <optional>

namespace ringlet::detail::epoll::op {

/// RECV, SEND, RECVMSG and SENDMSG have this in common.

/// Whether the fields of a transfer are understood, with these flags in `ioprio`.
[[nodiscard]] inline bool accepts_transfer(const io_uring_sqe& sqe, unsigned ioprio) noexcept {
    // The error queue wakes everyone that polls, and would have to be polled for alone.
    return (sqe.ioprio & ~ioprio) == 0 && (sqe.msg_flags & MSG_ERRQUEUE) == 0 && sqe.addr2 == 0;
}

[[nodiscard]] inline bool accepts_plain_transfer(const io_uring_sqe& sqe) noexcept {
    return accepts_transfer(sqe, IORING_RECVSEND_POLL_FIRST);
}

[[nodiscard]] inline bool has_dontwait(const io_uring_sqe& sqe) noexcept {
    return (sqe.msg_flags & MSG_DONTWAIT) != 0;
}

/// Whether MSG_WAITALL goes on with the bytes or records that come next.
[[nodiscard]] inline bool is_connection(int fd) noexcept {
    const int type = int_option(fd, SO_TYPE);
    return type == SOCK_STREAM || type == SOCK_SEQPACKET;
}

/// Whether a send waits for room in another socket's queue of datagrams.
[[nodiscard]] inline bool send_waits_for_peer(const io_uring_sqe& sqe) noexcept {
    return !is_connection(sqe.fd) && looks_writable(sqe.fd);
}

/// Makes `call(done, left, flags)`, which moves what it can of the `left` bytes that follow those
/// which are `done`; with MSG_WAITALL until all of `size` bytes, or `moved_max`, have been moved.
/// Nothing where it has to wait. As in the kernel, the next transfer reports an error that comes
/// after some progress.
template <class Call>
std::optional<int> transfer(const io_uring_sqe& sqe, std::size_t& done, std::size_t size,
                            const Call& call) {
    size = std::min(size, moved_max);
    const auto asked = static_cast<int>(sqe.msg_flags);
    const int flags = (asked & ~MSG_WAITALL) | MSG_DONTWAIT | MSG_NOSIGNAL;
    for (;;) {
        const ssize_t moved = uninterrupted([&] { return call(done, size - done, flags); });
        if (moved < 0) {
            if (errno == EAGAIN && (asked & MSG_DONTWAIT) == 0)
                return std::nullopt;
            return done > 0 ? static_cast<int>(done) : -errno;
        }
        done += static_cast<std::size_t>(moved);
        if ((asked & MSG_WAITALL) == 0 || moved == 0 || done >= size || !is_connection(sqe.fd))
            return static_cast<int>(done);
    }
}

}  // namespace ringlet::detail::epoll::op
