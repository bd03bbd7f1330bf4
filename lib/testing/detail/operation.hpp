#pragma once

#include "ring/epoll/op/system_call.hpp"

#include <ringlet/base/detail/list_hook.hpp>

#include <liburing.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

namespace ringlet::testing::detail {

class endpoint;
class simulated_ring;

/// A copy of an SQE. Not that itself: it has an array of no size in it, with which GCC's -Wpedantic
/// allows it to be a base, and not a member.
struct kept_sqe : io_uring_sqe {};

/// An SQE that a simulated ring carries out. It may wait at the endpoint that it is about; its ring
/// owns it.
class operation : public ringlet::detail::list_hook {
public:
    operation(simulated_ring& owner, const io_uring_sqe& given) : ring(owner), sqe{given} {}

    [[nodiscard]] bool is_message() const noexcept {
        return sqe.opcode == IORING_OP_SENDMSG || sqe.opcode == IORING_OP_RECVMSG;
    }
    [[nodiscard]] bool has_flag(unsigned flag) const noexcept {
        return (sqe.msg_flags & flag) != 0;
    }

    /// The memory that the SQE's `addr` and `addr2` name.
    template <class T>
    [[nodiscard]] T* memory() const noexcept {
        return ringlet::detail::epoll::op::pointer<T>(sqe.addr);
    }
    template <class T>
    [[nodiscard]] T* second_memory() const noexcept {
        return ringlet::detail::epoll::op::pointer<T>(sqe.addr2);
    }

    /// The message of SENDMSG and RECVMSG. What the kernel reads at once is kept from the
    /// beginning: the buffers' descriptions, and the name and the control data of what is sent.
    /// Those of what is received are where the caller has them.
    void keep_message();
    [[nodiscard]] msghdr& message() noexcept { return message_; }

    /// The memory that is to be sent or filled.
    [[nodiscard]] std::size_t size() const noexcept;

    /// Copies `bytes` into the memory, from its byte `offset` on; as many as there is room for.
    std::size_t fill(std::size_t offset, std::span<const std::byte> bytes) noexcept;

    /// Appends `count` bytes of the memory, from its byte `offset` on, to `bytes`.
    void append_to(std::vector<std::byte>& bytes, std::size_t offset, std::size_t count) const;

    simulated_ring& ring;
    kept_sqe sqe;
    std::shared_ptr<endpoint> at;  // none for an operation on a real descriptor
    std::size_t done = 0;          // bytes moved so far
    std::list<operation>::iterator place;

private:
    [[nodiscard]] std::span<const iovec> buffers() const noexcept { return buffers_; }

    msghdr message_{};
    std::vector<iovec> buffers_;
    std::vector<std::byte> name_;
    std::vector<std::byte> control_;
};

}  // namespace ringlet::testing::detail
