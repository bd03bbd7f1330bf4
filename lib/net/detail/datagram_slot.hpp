#pragma once

#include <ringlet/loop/detail/operation_group.hpp>
#include <ringlet/net/datagram.hpp>

#include <sys/socket.h>

namespace ringlet::detail {

class datagram_pool;

/// One buffer of a pool and the RECVMSG that fills it. It is free, in flight, received or lent.
class datagram_slot final : public grouped_operation {
public:
    /// `in_flight` is where the pool keeps account of those in flight.
    datagram_slot(loop_core& core, datagram_pool& pool, operation_group& in_flight, int fd,
                  std::byte* memory, std::size_t size) noexcept
        : grouped_operation(core, fd, &in_flight, never_enough),
          pool_(pool), buffer_{memory, size} {}
    ~datagram_slot() = default;

    /// Receives a datagram that is there, or waits for one.
    void receive(bool wait);

    /// What has been received, as a datagram that lends it.
    [[nodiscard]] datagram lend() noexcept;
    void give_back() noexcept;

private:
    void prepare(io_uring_sqe& sqe) override;
    void complete(const completion& cqe) override;
    readiness missing_readiness() noexcept override;

    datagram_pool& pool_;
    bool waits_ = false;
    iovec buffer_;
    msghdr message_{};
    sockaddr_storage name_;
};

}  // namespace ringlet::detail
