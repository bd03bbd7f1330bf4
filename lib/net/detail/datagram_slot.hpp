#pragma once

#include <ringlet/loop/detail/operation_group.hpp>
#include <ringlet/net/datagram.hpp>
#include <ringlet/net/detail/received_message.hpp>

namespace ringlet::detail {

class datagram_pool;

/// One buffer of a pool and the RECVMSG that fills it. It is free, in flight, received or lent.
class datagram_slot final : public grouped_operation {
public:
    /// Makes the slot `number` of `pool`, which keeps the slots in flight in `in_flight`.
    /// `info_wanted` says whether the kernel is to tell where datagrams came to.
    datagram_slot(loop_core& core, datagram_pool& pool, operation_group& in_flight, int fd,
                  int number, mutable_buffer memory, bool info_wanted) noexcept
        : grouped_operation(core, fd, &in_flight, never_enough), pool_(pool), number_(number),
          info_wanted_(info_wanted), message_(memory) {}
    ~datagram_slot() = default;

    [[nodiscard]] int number() const noexcept { return number_; }

    /// Prepares `header` for a receive outside of the ring.
    void prepare(mmsghdr& header) noexcept;

    /// Takes what a receive outside of the ring has put into `header` and the buffer.
    void received(const mmsghdr& header) noexcept;

    /// Begins to receive: a datagram that is there, or one that the slot waits for.
    void receive(bool wait);

    /// Gives the datagram that has been received, which lends the buffer of this slot.
    [[nodiscard]] datagram lend() noexcept;
    void give_back() noexcept;

private:
    void prepare(io_uring_sqe& sqe) override;
    void complete(const completion& cqe) override;
    readiness missing_readiness() noexcept override;

    datagram_pool& pool_;
    int number_;
    bool waits_ = false;
    bool info_wanted_;
    received_message message_;
    datagram::contents_type contents_;  // of the datagram that is received or lent
};

}  // namespace ringlet::detail
