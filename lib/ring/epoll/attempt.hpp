#pragma once

#include "waiting_operation.hpp"

#include <optional>

namespace ringlet::detail::epoll {

/// What an SQE on a descriptor comes to if it is carried out now, as a CQE's result: a count or
/// `-errno`. Nothing where it would have to wait. An SQE that may wait is never carried out in a
/// way that blocks.

/// RECV, SEND, RECVMSG, SENDMSG. `done` is what MSG_WAITALL has moved before, and grows; `kept`
/// stands for what the SQE's msghdr names where that is gone.
std::optional<int> attempt_transfer(const io_uring_sqe& sqe, std::size_t& done, kept_memory* kept);

/// Whether it is one of these, with MSG_DONTWAIT: it ends at once, whoever else waits.
[[nodiscard]] bool never_waits(const io_uring_sqe& sqe) noexcept;

/// ACCEPT, once the listener, if it is one, has been given O_NONBLOCK.
void prepare_to_accept(int fd) noexcept;
std::optional<int> attempt_accept(const io_uring_sqe& sqe);

/// CONNECT, and whether one that was begun has ended: `again`.
std::optional<int> attempt_connect(const io_uring_sqe& sqe, bool again);

/// Whether a transfer or a CONNECT has to wait for what epoll(7) does not tell of: room at the
/// other end of a Unix socket, in its backlog or its queue of datagrams.
[[nodiscard]] bool waits_for_peer(const io_uring_sqe& sqe) noexcept;

/// READ and WRITE of what is no file, such as an eventfd or a pipe; `ready` where epoll says so.
std::optional<int> attempt_read_write(const io_uring_sqe& sqe, bool ready);

/// Whether `fd` is a file, which epoll knows nothing of.
[[nodiscard]] bool is_file(int fd) noexcept;

/// READ of a file, if it is in memory. As far as it is, `done` grows, and `sqe` is left with the
/// rest.
std::optional<int> attempt_file_read(io_uring_sqe& sqe, std::size_t& done);

/// What blocks and is for a worker: READ and WRITE of files, OPENAT, OPENAT2, FSYNC, STATX.
int carry_out_blocking(const io_uring_sqe& sqe);

/// Keeps what the SQE of one that is to wait points to, and may be gone by then: messages, names.
/// Throws std::bad_alloc.
void keep_memory(waiting_operation& one);

}  // namespace ringlet::detail::epoll
