#pragma once

#include "ahead_source.hpp"

#include <ringlet/coro/task.hpp>
#include <ringlet/loop/detail/operation_group.hpp>
#include <ringlet/net/detail/accept_operation.hpp>
#include <ringlet/net/listener.hpp>

#include <deque>
#include <system_error>

namespace ringlet::detail {

/// The accepting side of a listener: the multishot accept, and the connections that it has accepted
/// ahead. A multishot ends with any error and with an overflow of the completion queue: once a CQE
/// lacks F_MORE it is not armed any more, and `arm` decides whether it is armed again.
///
/// An accept that waits in io_uring is woken alone of all that wait at the socket, and its process
/// may be busy for long before it takes the connection. So where nothing is accepted ahead, which
/// several processes or threads that share a socket ask for, no accept waits: a cancel follows it
/// at once. A poll waits instead, by which every one of them is woken.
class acceptor final : public ahead_source<acceptor>, public grouped_operation {
public:
    static constexpr const char* already_waiting =
        "accept: another one is pending on this listener; await it first";
    static constexpr int error_when_stopped = -EBADF;

    acceptor(loop_core& core, bound_socket listening, const listener_options& options)
        : grouped_operation(core, listening.native_handle(), &in_flight_, never_enough),
          socket_(std::move(listening)), options_(options),
          multishot_(options.accepted_ahead_max > 0) {}
    ~acceptor() = default;

    [[nodiscard]] loop_core& core() const noexcept { return *core_; }
    [[nodiscard]] const bound_socket& listening() const noexcept { return socket_; }
    [[nodiscard]] bound_socket& listening() noexcept { return socket_; }
    void set_overload_handler(listener::overload_handler handler) {
        overload_ = std::move(handler);
    }

    /// Whether there is a connection that has been accepted ahead, and its descriptor.
    [[nodiscard]] bool holding() const noexcept { return !ahead_.empty(); }
    [[nodiscard]] int take_held() noexcept;

    /// Arms the accept.
    void start();

    /// After `stop` and `settled`: accepts the connections that wait in the backlog, and holds
    /// them. Yields the error that left connections there, of a system out of descriptors or
    /// memory. Not to be cancelled.
    [[nodiscard]] task<std::error_code> take_backlog();

    /// Gives the socket away and closes the connections that are held, once the accept is not
    /// armed.
    [[nodiscard]] bound_socket release() noexcept {
        discard_ahead();
        return std::move(socket_);
    }

    /// Stops, and destroys this object as soon as no operation is in flight: its listener is gone.
    void abandon();

private:
    void prepare(io_uring_sqe& sqe) override;
    void complete(const completion& cqe) override;
    readiness missing_readiness() noexcept override;
    void fork_before_delivery(completion& cqe) noexcept override { cqe.result = own(cqe.result); }

    void accepted(int fd);
    void failed(int error);
    void pause(int error);
    [[nodiscard]] int own(int result) noexcept;
    void discard_ahead() noexcept;
    void discard(int fd) noexcept;

    bound_socket socket_;
    listener_options options_;
    listener::overload_handler overload_;
    std::deque<int> ahead_;  // descriptors, oldest first
    std::chrono::milliseconds pause_{0};
    int attempted_ = 0;  // the result of the last accept after `stop`
    bool multishot_;     // until the kernel refuses it (before 5.19)
    bool abandoned_ = false;
};

}  // namespace ringlet::detail
