#pragma once

#include "ahead_source.hpp"
#include "datagram_slot.hpp"

#include <ringlet/coro/task.hpp>
#include <ringlet/net/datagram_receiver.hpp>
#include <ringlet/net/detail/receive_datagram_operation.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <vector>

namespace ringlet::detail {

/// The receiving side of a datagram_receiver: its buffers, and the operations that fill them.
///
/// The pool receives datagrams in batches, of several RECVMSG that are handed to the ring at once:
/// all but the last take datagrams that are there without waiting, and the last waits if need be.
/// So the datagrams come in order, and a burst costs one `enter`. A batch has as many RECVMSG as
/// succeeded in the batch before, or twice as many if all of them did. A multishot RECVMSG costs as
/// much, as measured, if there is no registered ring of buffers.
///
/// Where many come at a time, and the socket is the system's, one RECVMSG waits for the first, and
/// one recvmmsg(2) takes those that are there with it, which costs less than an SQE for each. There
/// it costs next to nothing to ask for more than come, and a batch is no less than half the one
/// before.
class datagram_pool final : public ahead_source<datagram_pool> {
public:
    static constexpr const char* already_waiting =
        "receive: another one is pending on this receiver; await it first";
    static constexpr int error_when_stopped = -ECANCELED;

    datagram_pool(loop_core& core, int fd, const datagram_receiver_options& options);

    [[nodiscard]] loop_core& core() const noexcept { return core_; }

    /// Whether a datagram has been received ahead, and the number of its slot, with which it is
    /// lent.
    [[nodiscard]] bool holding() const noexcept { return !received_.empty(); }
    [[nodiscard]] int take_held() noexcept { return received_.pop_front().number(); }
    [[nodiscard]] datagram lend(int slot) noexcept {
        return slots_[static_cast<std::size_t>(slot)].lend();
    }

    /// Receives a batch, or does so once there is a free slot.
    void start();

    /// After `stop` and `settled`: receives datagrams that the kernel has now, as far as slots are
    /// free, and holds them. Yields whether the kernel may have more. Not to be cancelled.
    [[nodiscard]] task<bool> take_backlog();

    /// Notes that the RECVMSG of a slot has ended, with its result.
    void ended(datagram_slot& slot);

    /// Takes back the slot that a datagram was lent.
    void give_back(datagram_slot& slot) noexcept;

    /// Stops, and destroys this object as soon as every slot is free: its receiver is gone.
    void abandon();

private:
    ~datagram_pool() = default;

    void receive_batch(std::size_t size, bool wait);
    void receive_together();
    void failed(int error) noexcept;
    void release_if_abandoned() noexcept;

    loop_core& core_;
    const int fd_;
    const bool in_system_;
    std::size_t batch_max_;
    std::unique_ptr<std::byte[]> memory_;
    std::deque<datagram_slot> slots_;
    std::vector<datagram_slot*> free_;        // the last one used is the next, whose memory is warm
    intrusive_list<datagram_slot> received_;  // oldest first
    std::size_t batch_ = 1;                   // how many are to be received at once
    std::size_t batch_received_ = 0;          // how many of the present ones were
    bool together_ = false;                   // whether one call takes those behind the first
    std::vector<mmsghdr> headers_;            // for that call
    std::chrono::milliseconds pause_{0};
    bool abandoned_ = false;
};

}  // namespace ringlet::detail
