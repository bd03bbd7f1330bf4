#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/send_batch.hpp>
#include <ringlet/loop/detail/timer.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/control_data.hpp>
#include <ringlet/net/detail/datagram_operations.hpp>
#include <ringlet/net/detail/packet_info_control.hpp>
#include <ringlet/net/detail/send_wait_limit.hpp>

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace ringlet::detail {

/// Where a datagram goes, and the address of this machine that it leaves from. The socket's peer
/// where `to` is nullptr, the kernel's choice where `from` is nullptr or unknown.
struct datagram_route {
    datagram_route(const address* receiver, const packet_info* source = nullptr) noexcept
        : to(receiver), from(source) {}

    const address* to;
    const packet_info* from;
};

/// The common part of the operations that send datagrams: the message, and the wait while there is
/// no room for it, which ends with timed_out when the wait limit of the socket's sends is at its
/// end. Then its exception is a client_failure: only servers have a wait limit. sendmsg(2),
/// io_uring_prep_sendmsg(3).
class sendmsg_operation : public grouped_operation, protected send_batch::message, private timer {
public:
    void cancel() override;

protected:
    /// `pending` is the socket's, or nullptr for a descriptor that the caller keeps open meanwhile.
    /// Awaiting it throws std::system_error, or stores the error in `error`. All of them, and what
    /// `route` refers to, must last until the await is over.
    sendmsg_operation(loop_core& core, int fd, const_buffer data, datagram_route route,
                      datagram_operations* pending, error_sink error, int enough) noexcept
        : grouped_operation(core, fd, pending, enough),
          message(fd), data_{const_cast<void*>(data.data()), data.size()}, route_(route),
          error_(error) {}
    ~sendmsg_operation() = default;

    void prepare(io_uring_sqe& sqe) override;
    void prepare_message() noexcept;
    void complete(const completion& cqe) override;
    readiness missing_readiness() noexcept override;

    /// Adds control data to the message, once it is prepared: of 2 bytes at most, once. cmsg(3).
    void add_control(int level, int type, const void* data, std::size_t size) noexcept {
        header_.msg_control = control_.data();
        control_data::append(header_, level, type, data, size);
    }

    /// There was room: the next message is tried at once again, and has a wait limit of its own.
    void forget_waiting() noexcept {
        if (wait_) [[unlikely]]
            end_wait();
        waits_ = false;
        pause_ = {};
    }

    /// Counts datagrams that have gone: so many bytes together.
    void count_sent(std::size_t bytes, std::size_t packets = 1) noexcept {
        if (group_ != nullptr)
            socket_sends().sent(bytes, packets);
    }

    /// The last step: reports the error, if there was one.
    void conclude();

    iovec data_;  // the message's

private:
    // The pause before the next attempt where poll(2) knows nothing of the room: it doubles.
    static constexpr std::chrono::milliseconds pause_first{1};
    static constexpr std::chrono::milliseconds pause_max{64};

    bool send_alone() override;
    void sent(int result) override { core_->deliver_outside(*this, result); }
    void expire() override;
    [[nodiscard]] bool begin_wait() noexcept;
    void end_wait() noexcept;
    void report_end();

    [[nodiscard]] datagram_operations& socket_sends() const noexcept {
        return static_cast<datagram_operations&>(*group_);
    }

    datagram_route route_;
    error_sink error_;
    bool waits_ = false;  // for room: a poll in vain is not made again
    bool pausing_ = false;
    bool given_up_ = false;
    std::chrono::milliseconds pause_{0};
    std::optional<send_wait_limit::wait> wait_;  // one that has an end
    alignas(cmsghdr) std::array<std::byte, packet_info_control::size_max +
                                               CMSG_SPACE(sizeof(std::uint16_t))> control_;
};

}  // namespace ringlet::detail
