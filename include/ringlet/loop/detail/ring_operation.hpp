#pragma once

#include <ringlet/loop/detail/operation.hpp>

#include <climits>
#include <cstdint>

namespace ringlet::detail {

/// An operation that the ring carries out: one SQE, whose user_data is this object's address.
/// A kind of its own says how the SQE is prepared and, if need be, what an unusual result means.
/// Kinds that a coroutine awaits derive from ring_awaitable.
class ring_operation : public operation {
public:
    /// Sends an ASYNC_CANCEL after the operation. The waiter goes on when the final CQE is there.
    void cancel() override;

protected:
    /// A value of `enough_` that sends every CQE to `complete`.
    static constexpr int never_enough = INT_MAX;

    explicit ring_operation(loop_core& core, int enough = 0) noexcept
        : operation(core), enough_(enough) {}
    ~ring_operation() = default;

    /// Fills in a fresh SQE, all but its user_data. Called again where the operation goes on.
    virtual void prepare(io_uring_sqe& sqe) = 0;

    /// Takes a CQE whose result is less than `enough_`; that includes every error but those after
    /// which there is a readiness to wait for. Here: a call that a signal interrupted is made
    /// again; anything else ends the operation.
    virtual void complete(const completion& cqe);

    /// The descriptor whose readiness an operation lacks, and the events of poll(2) that it has to
    /// report; -1 for none.
    struct readiness {
        int fd = -1;
        short events = 0;
    };

    /// Asked after an error that says nothing of the descriptor: -EAGAIN, which one with O_NONBLOCK
    /// gives even through a ring, and -ECANCELED that the ring gives unasked. The operation is
    /// prepared again once the ring reports this readiness. Without one, as here, `complete` takes
    /// the error.
    virtual readiness missing_readiness() noexcept { return {}; }

    /// The process is about to fork, and `cqe` will be delivered afterwards: a descriptor that it
    /// brings is to be made known to the network by now, or a child keeps it. Here: it brings none.
    virtual void fork_before_delivery(const completion& /*cqe*/) noexcept {}

    /// Puts the operation's SQE into the queue once more; not after a cancel was asked for, unless
    /// that has had its effect.
    void restart();

    /// Restarts the operation for what is left to do, or ends it if a cancel was asked for.
    void go_on();

    /// Has the ring end what it does for the operation; `complete` sees what becomes of that.
    void cancel_in_ring();

    /// Ends the operation and resumes the waiter at once.
    void finish(int result) {
        result_ = result;
        resume();
    }

    [[nodiscard]] bool cancel_requested() const noexcept { return cancel_requested_; }

private:
    friend loop_core;

    void deliver(const completion& cqe) {
        if (cqe.result >= enough_ && !polling_) [[likely]]
            finish(cqe.result);
        else
            deliver_unusual(cqe);
    }
    void deliver_unusual(const completion& cqe);
    [[nodiscard]] bool must_be_made_again(int result) const noexcept;
    void poll_ended(int result);
    void restart_when(const readiness& missing);

    bool cancel_requested_ = false;
    bool polling_ = false;

protected:
    /// The smallest result that ends the operation without a call of `complete`.
    int enough_;
};

}  // namespace ringlet::detail
