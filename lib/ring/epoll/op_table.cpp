#include "op_description.hpp"

#include <array>

namespace ringlet::detail::epoll {

namespace op {

extern const op_description accept, async_cancel, close, connect, fsync, nop, openat, openat2,
    poll_add, provide_buffers, read, recv, recvmsg, remove_buffers, send, sendmsg, shutdown, statx,
    timeout, write;

}  // namespace op

namespace {

constexpr auto descriptions = [] {
    std::array<const op_description*, IORING_OP_LAST> table{};
    table[IORING_OP_ACCEPT] = &op::accept;
    table[IORING_OP_ASYNC_CANCEL] = &op::async_cancel;
    table[IORING_OP_CLOSE] = &op::close;
    table[IORING_OP_CONNECT] = &op::connect;
    table[IORING_OP_FSYNC] = &op::fsync;
    table[IORING_OP_NOP] = &op::nop;
    table[IORING_OP_OPENAT] = &op::openat;
    table[IORING_OP_OPENAT2] = &op::openat2;
    table[IORING_OP_POLL_ADD] = &op::poll_add;
    table[IORING_OP_PROVIDE_BUFFERS] = &op::provide_buffers;
    table[IORING_OP_READ] = &op::read;
    table[IORING_OP_RECV] = &op::recv;
    table[IORING_OP_RECVMSG] = &op::recvmsg;
    table[IORING_OP_REMOVE_BUFFERS] = &op::remove_buffers;
    table[IORING_OP_SEND] = &op::send;
    table[IORING_OP_SENDMSG] = &op::sendmsg;
    table[IORING_OP_SHUTDOWN] = &op::shutdown;
    table[IORING_OP_STATX] = &op::statx;
    table[IORING_OP_TIMEOUT] = &op::timeout;
    table[IORING_OP_WRITE] = &op::write;
    return table;
}();

}  // namespace

const op_description* description_of(unsigned opcode) noexcept {
    return opcode < descriptions.size() ? descriptions[opcode] : nullptr;
}

}  // namespace ringlet::detail::epoll
