#pragma once

#include <ringlet/loop/detail/operation.hpp>

#include <climits>
#include <cstdint>

namespace ringlet::detail {

/// An operation that the ring carries out: one SQE, whose user_data is this object's address. A
/// class that derives from it prepares the SQE and, if need be, interprets an unusual result.
/// Classes that a coroutine awaits derive from ring_awaitable.
class ring_operation : public operation {
public:
    /// Sends an ASYNC_CANCEL for the operation. The waiter goes on when the final CQE has come.
    void cancel() override;

protected:
    /// A value of `enough_` that sends every CQE to `complete`.
    static constexpr int never_enough = INT_MAX;

    explicit ring_operation(loop_core& core, int enough = 0) noexcept
        : operation(core), enough_(enough) {}
    ~ring_operation() = default;

    /// Fills in a fresh SQE, all but its user_data. It is called again for an operation that goes
    /// on.
    virtual void prepare(io_uring_sqe& sqe) = 0;

    /// Takes a CQE whose result is less than `enough_`: every error is such a result, but those
    /// after which there is a readiness to wait for. By default a call that a signal has
    /// interrupted is made again, and any other result ends the operation.
    virtual void complete(const completion& cqe);

    /// The descriptor whose readiness an operation lacks, and the events of poll(2) that it has to
    /// report; -1 for none.
    struct readiness {
        int fd = -1;
        short events = 0;
    };

    /// The readiness that the operation lacks, after an error that is no fault of the descriptor:
    /// -EAGAIN, which a descriptor with O_NONBLOCK gives even through a ring, or -ECANCELED that
    /// the ring gives unasked. The operation is prepared again once the ring reports the readiness.
    /// By default there is none, and `complete` takes the error.
    virtual readiness missing_readiness() noexcept { return {}; }

    /// Registers the descriptor that `cqe` brings with the network, or a child would keep it: the
    /// process is about to fork, and `cqe` is delivered afterwards, with the number that the
    /// network gave the descriptor. By default it brings none.
    virtual void fork_before_delivery(completion& /*cqe*/) noexcept {}

    /// Puts the operation's SQE into the queue once more. It must not be called after a cancel was
    /// asked for, unless that has had its effect.
    void restart();

    /// Restarts the operation, for the rest of its work, or ends it if a cancel was asked for.
    void go_on();

    /// Has the ring end the operation's SQE; `complete` takes the result.
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
        if (cqe.result >= enough_) [[likely]]
            finish(cqe.result);
        else
            deliver_unusual(cqe);
    }
    void deliver_unusual(const completion& cqe);
    void will_fork(completion& cqe) noexcept {
        if (!polling_)  // the result of a poll is no descriptor
            fork_before_delivery(cqe);
    }
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
