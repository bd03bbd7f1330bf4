#include "understood.hpp"

#include <sys/socket.h>

namespace ringlet::detail::epoll {

bool opcode_understood(unsigned opcode) noexcept {
    switch (opcode) {
    case IORING_OP_NOP:
    case IORING_OP_PROVIDE_BUFFERS:
    case IORING_OP_REMOVE_BUFFERS:
    case IORING_OP_RECV:
    case IORING_OP_SEND:
    case IORING_OP_RECVMSG:
    case IORING_OP_SENDMSG:
    case IORING_OP_ACCEPT:
    case IORING_OP_CONNECT:
    case IORING_OP_SHUTDOWN:
    case IORING_OP_CLOSE:
    case IORING_OP_POLL_ADD:
    case IORING_OP_TIMEOUT:
    case IORING_OP_ASYNC_CANCEL:
    case IORING_OP_READ:
    case IORING_OP_WRITE:
    case IORING_OP_OPENAT:
    case IORING_OP_OPENAT2:
    case IORING_OP_FSYNC:
    case IORING_OP_STATX:
        return true;
    default:
        return false;
    }
}

namespace {

// The error queue wakes whoever polls, and would have to be polled for alone.
bool transfer_understood(const io_uring_sqe& sqe, unsigned ioprio) noexcept {
    return (sqe.ioprio & ~ioprio) == 0 && (sqe.msg_flags & MSG_ERRQUEUE) == 0 && sqe.addr2 == 0;
}

}  // namespace

bool understood(const io_uring_sqe& sqe) noexcept {
    const bool selects = (sqe.flags & IOSQE_BUFFER_SELECT) != 0;
    if (!opcode_understood(sqe.opcode) || (sqe.flags & ~(IOSQE_ASYNC | IOSQE_BUFFER_SELECT)) != 0 ||
        (selects && sqe.opcode != IORING_OP_RECV))
        return false;
    switch (sqe.opcode) {
    case IORING_OP_NOP:
        return sqe.rw_flags == 0;
    case IORING_OP_ACCEPT:
        return (sqe.ioprio & ~unsigned{IORING_ACCEPT_MULTISHOT}) == 0 && sqe.file_index == 0;
    case IORING_OP_RECV:
        return transfer_understood(sqe, IORING_RECVSEND_POLL_FIRST | IORING_RECV_MULTISHOT) &&
               !(selects && (sqe.msg_flags & MSG_WAITALL) != 0) &&
               ((sqe.ioprio & IORING_RECV_MULTISHOT) == 0 || (selects && sqe.len == 0));
    case IORING_OP_SEND:
    case IORING_OP_RECVMSG:
    case IORING_OP_SENDMSG:
        return transfer_understood(sqe, IORING_RECVSEND_POLL_FIRST);
    case IORING_OP_POLL_ADD:
        return sqe.len == 0;  // once, level-triggered
    case IORING_OP_TIMEOUT:
        return sqe.len == 1 && sqe.off == 0 &&
               (sqe.timeout_flags & ~unsigned{IORING_TIMEOUT_ABS}) == 0;
    case IORING_OP_READ:
    case IORING_OP_WRITE:
        return sqe.rw_flags == 0;
    case IORING_OP_FSYNC:
        return (sqe.fsync_flags & ~unsigned{IORING_FSYNC_DATASYNC}) == 0;
    case IORING_OP_CLOSE:
    case IORING_OP_OPENAT:
    case IORING_OP_OPENAT2:
        return sqe.file_index == 0;
    default:
        return true;
    }
}

}  // namespace ringlet::detail::epoll
