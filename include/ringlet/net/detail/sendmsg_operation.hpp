#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/timer.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/datagram_operations.hpp>

#include <sys/socket.h>

#include <chrono>

namespace ringlet::detail {

/// What the sends of datagrams have in common: the message, and waiting while there is no room for
/// it. sendmsg(2), io_uring_prep_sendmsg(3).
class sendmsg_operation : public grouped_operation, private timer {
public:
    void cancel() override;

protected:
    /// Sends to the socket's peer where `to` is nullptr. `pending` is the socket's, or nullptr for
    /// a descriptor that the caller keeps open meanwhile. Awaiting it throws std::system_error, or
    /// stores the error in `error`. All of them must last until the await is over.
    sendmsg_operation(loop_core& core, int fd, const_buffer data, const address* to,
                      datagram_operations* pending, error_sink error, int enough) noexcept
        : grouped_operation(core, fd, pending, enough), data_{const_cast<void*>(data.data()),
                                                              data.size()},
          to_(to), error_(error) {}
    ~sendmsg_operation() = default;

    void prepare(io_uring_sqe& sqe) override;
    void complete(const completion& cqe) override;
    readiness missing_readiness() noexcept override;

    /// There was room: the next message is tried at once again.
    void forget_waiting() noexcept {
        polled_ = false;
        pause_ = {};
    }

    /// Counts datagrams that have gone: so many bytes together.
    void count_sent(std::size_t bytes, std::size_t packets = 1) noexcept {
        if (group_ != nullptr)
            static_cast<datagram_operations&>(*group_).sent(bytes, packets);
    }

    /// The last step: reports the error, if there was one.
    void conclude();

    iovec data_;  // the message
    msghdr message_{};

private:
    // The pause before the next attempt where poll(2) knows nothing of the room: it doubles.
    static constexpr std::chrono::milliseconds pause_first{1};
    static constexpr std::chrono::milliseconds pause_max{64};

    void expire() override { restart(); }

    const address* to_;
    error_sink error_;
    bool polled_ = false;
    std::chrono::milliseconds pause_{0};
};

}  // namespace ringlet::detail
