#pragma once

#include <ringlet/loop/detail/timer.hpp>
#include <ringlet/net/detail/accept_operation.hpp>
#include <ringlet/net/detail/socket_operations.hpp>
#include <ringlet/net/listener.hpp>

#include <cstdint>
#include <deque>

namespace ringlet::detail {

/// The accepting side of a listener: the multishot accept, when it is armed, and what has been
/// accepted ahead. A multishot ends with any error and with an overflow of the completion queue:
/// whenever a CQE lacks F_MORE it is no longer armed, and `arm` decides whether it is again.
class acceptor final : public grouped_operation, private timer {
public:
    acceptor(loop_core& core, bound_socket listening, const listener_options& options)
        : grouped_operation(core, listening.native_handle(), &pending_, never_enough),
          socket_(std::move(listening)), options_(options),
          multishot_(options.accepted_ahead_max > 0) {}
    ~acceptor() = default;

    [[nodiscard]] loop_core& core() noexcept { return *core_; }
    [[nodiscard]] const bound_socket& listening() const noexcept { return socket_; }
    void set_overload_handler(listener::overload_handler handler) {
        overload_ = std::move(handler);
    }

    /// Whether an accept need not wait, and then its result: a descriptor or `-errno`.
    [[nodiscard]] bool available() const noexcept;
    [[nodiscard]] int take() noexcept;

    /// Otherwise: the operation to resume with the next result. Throws std::logic_error if there
    /// is one already.
    void wait(accept_operation& waiter);
    void stop_waiting() noexcept { waiter_ = nullptr; }

    /// How many connections have been given to an accept, or taken.
    [[nodiscard]] std::uint64_t yielded() const noexcept { return yielded_; }

    /// Whether there is a connection that has been accepted ahead.
    [[nodiscard]] bool holding() const noexcept { return !ahead_.empty(); }

    /// No accepting from now on, but for what is on its way; `settled` waits until the kernel
    /// agrees.
    void stop();
    [[nodiscard]] settled_operation settled() noexcept { return pending_.settled(*core_); }

    /// Gives the socket away and closes what is held, once nothing is armed.
    [[nodiscard]] bound_socket release() noexcept {
        discard_ahead();
        return std::move(socket_);
    }

    /// The listener is gone: stops, and destroys itself as soon as nothing is in flight.
    void abandon();

private:
    void prepare(io_uring_sqe& sqe) override;
    void complete(const completion& cqe) override;
    readiness missing_readiness() noexcept override;
    void fork_before_delivery(const completion& cqe) noexcept override { own(cqe.result); }
    void expire() override;

    [[nodiscard]] bool armed() const noexcept { return !pending_.empty(); }
    void arm();
    void accepted(int fd);
    void give(int result);
    void failed(int error);
    void pause(int error);
    void own(int fd) noexcept;
    void discard_ahead() noexcept;
    void discard(int fd) noexcept;

    socket_operations pending_;  // this, or nothing
    bound_socket socket_;
    listener_options options_;
    listener::overload_handler overload_;
    accept_operation* waiter_ = nullptr;
    std::deque<int> ahead_;  // descriptors, oldest first
    std::uint64_t yielded_ = 0;
    int pending_error_ = 0;  // `-errno` for the next accept
    std::chrono::milliseconds pause_{0};
    bool multishot_;  // until the kernel refuses it (before 5.19)
    bool pausing_ = false;
    bool stopped_ = false;
    bool abandoned_ = false;
};

}  // namespace ringlet::detail
