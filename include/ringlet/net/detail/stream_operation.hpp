#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>
#include <ringlet/net/detail/direction.hpp>

namespace ringlet::detail {

/// The common part of the receives and sends on a stream: the direction, in which at most
/// one of them is pending at a time.
class stream_operation : public ring_operation {
protected:
    /// Awaiting it throws std::system_error, or stores the error in `error`.
    stream_operation(loop_core& core, int fd, direction& way, error_sink error,
                     int enough = 0) noexcept
        : ring_operation(core, enough), fd_(fd), way_(way), error_(error) {}
    ~stream_operation() = default;

    /// From suspending to `end`, it is the one that is pending in its direction.
    void take_part() noexcept {
        ring_operation::take_part();
        way_.begin(*this);
    }
    void suspend(suspension waiter) noexcept {
        note_waiter(waiter);
        take_part();
    }

    /// The first step of going on.
    void end() noexcept { way_.end(*this); }

    /// For sends: whether the await ends without suspending, since there is nothing to send.
    [[nodiscard]] bool ends_at_once(bool nothing_to_send) noexcept {
        return nothing_to_send && way_.empty() &&
               (static_cast<void>(admit()), core_->may_complete_inline());
    }

    /// Reports to `error` how the operation has ended; `what` names it in an exception's text. On
    /// the stream of a server's client the exception is a client_failure.
    void report(error_sink error, const char* what) const;

    int fd_;
    direction& way_;
    error_sink error_;
};

/// The awaiting side of the receives and sends on a stream. `Kind` is the class that
/// derives from it, and `Kind::name` how the call is named where another is pending.
template <class Kind>
class stream_awaitable : public ring_awaitable<Kind, stream_operation> {
    using base = ring_awaitable<Kind, stream_operation>;

public:
    bool await_suspend(suspension waiter) {
        this->way_.require_idle(Kind::name);
        return base::await_suspend(waiter);
    }

protected:
    using base::base;
    ~stream_awaitable() = default;
};

}  // namespace ringlet::detail
