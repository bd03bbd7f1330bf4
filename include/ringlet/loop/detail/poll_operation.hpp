#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>

#include <poll.h>

namespace ringlet::detail {

/// Waits until a descriptor is ready: for sources of events that bring no operation of their own.
/// Yields the events that are there. poll(2), io_uring_prep_poll_add(3).
class poll_operation final : public ring_awaitable<poll_operation> {
public:
    /// `events` are poll(2)'s. Awaiting it throws std::system_error, or stores the error in
    /// `error`.
    poll_operation(loop_core& core, int fd, short events, error_sink error = throws) noexcept
        : ring_awaitable(core), fd_(fd), events_(events), error_(error) {}

    short await_resume() const {
        report(error_, "poll");
        return result_ < 0 ? short{0} : static_cast<short>(result_);
    }

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override {
        io_uring_prep_poll_add(&sqe, fd_, static_cast<unsigned>(events_));
    }

    int fd_;
    short events_;
    error_sink error_;
};

}  // namespace ringlet::detail
