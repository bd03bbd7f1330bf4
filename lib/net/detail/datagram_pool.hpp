#pragma once

#include "datagram_slot.hpp"

#include <ringlet/loop/detail/timer.hpp>
#include <ringlet/net/datagram_receiver.hpp>
#include <ringlet/net/detail/receive_datagram_operation.hpp>
#include <ringlet/net/detail/socket_operations.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace ringlet::detail {

/// The receiving side of a datagram_receiver: its buffers, and those that are being filled.
///
/// Datagrams are received in batches: of several RECVMSG that are handed over at once, all but the
/// last take what is there without waiting, and the last waits if need be. So they come in order,
/// and a burst costs one `enter` for many. A batch is as large as the one before was successful,
/// and twice as large where that was full. (A multishot RECVMSG costs as much, measured, without a
/// registered ring of buffers.)
class datagram_pool final : private timer {
public:
    datagram_pool(loop_core& core, int fd, const datagram_receiver_options& options);

    [[nodiscard]] loop_core& core() noexcept { return core_; }

    /// Whether a receive need not wait, and then its result: 0 and the slot, or `-errno`.
    [[nodiscard]] bool available() const noexcept;
    [[nodiscard]] int take(datagram_slot*& taken) noexcept;

    /// How many datagrams have been taken.
    [[nodiscard]] std::uint64_t yielded() const noexcept { return yielded_; }

    /// Otherwise: the operation to resume with the next result. Throws std::logic_error if there
    /// is one already.
    void wait(receive_datagram_operation& waiter);
    void stop_waiting() noexcept { waiter_ = nullptr; }

    /// For slots: it has ended, with its result; what it lent is back.
    void ended(datagram_slot& slot);
    void give_back(datagram_slot& slot) noexcept;

    /// No receiving from now on; what has been received can still be taken. `settled` waits until
    /// the kernel agrees.
    void stop();
    [[nodiscard]] settled_operation settled() noexcept { return in_flight_.settled(core_); }

    /// The receiver is gone: stops, and destroys itself as soon as every slot is free.
    void abandon();

private:
    ~datagram_pool() = default;

    void expire() override;

    [[nodiscard]] bool receiving() const noexcept { return !in_flight_.empty(); }
    void arm();
    void arm_after(std::chrono::milliseconds pause) noexcept;
    void failed(int error) noexcept;
    void serve();
    void release_if_abandoned() noexcept;

    loop_core& core_;
    std::size_t batch_max_;
    std::unique_ptr<std::byte[]> memory_;
    std::deque<datagram_slot> slots_;
    std::vector<datagram_slot*> free_;  // the last one used is the next, whose memory is warm
    socket_operations in_flight_;
    intrusive_list<datagram_slot> received_;  // oldest first
    receive_datagram_operation* waiter_ = nullptr;
    std::size_t batch_ = 1;           // how many are to be received at once
    std::size_t batch_received_ = 0;  // how many of the present ones were
    std::uint64_t yielded_ = 0;
    int pending_error_ = 0;  // `-errno` for the next receive
    std::chrono::milliseconds pause_{0};
    bool to_arm_ = false;  // when the timer expires
    bool stopped_ = false;
    bool abandoned_ = false;
};

}  // namespace ringlet::detail
