#pragma once

#include "accept_loop.hpp"
#include "bounded_dispatcher.hpp"
#include "dispatch_context.hpp"
#include "server_records.hpp"

#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/detail/shutdown_signal.hpp>
#include <ringlet/server/server_options.hpp>

#include <exception>

namespace ringlet::detail {

class concurrency_model;

/// The time during which a server serves, as its kind of concurrency sees it. A server has one
/// serving period at a time. If `server_close` was called meanwhile, the end of the period closes
/// the server.
///
/// One thread: that of the loop that serves, except for `serve_share` and `report_refused`.
class serving_period final : public dispatch_context {
public:
    enum class quota { one, unlimited };

    /// Begins a serving period. Throws std::logic_error that names `caller` where the server serves
    /// already or is closed.
    serving_period(server& owner, const char* caller, quota wanted);
    ~serving_period();

    /// Serves until a shutdown is requested or, with quota::one, until one request has been
    /// handled. A caller that is cancelled requests a shutdown by that; throws std::system_error
    /// then, once the handlers have drained.
    [[nodiscard]] task<> run();

    /// Whether the one request of quota::one has not come in time.
    [[nodiscard]] bool timed_out() const noexcept { return timed_out_; }

    // For kinds of concurrency.

    [[nodiscard]] const server_options& options() const noexcept override;
    [[nodiscard]] bound_socket& listening() const noexcept;
    [[nodiscard]] shutdown_signal& shutdown() const noexcept;
    [[nodiscard]] server_records& records() const noexcept;

    /// In a child that the server has forked: the child is part of the server, and counts in the
    /// slot.
    void enter_child(std::size_t slot) const noexcept;

    /// Another socket with the address of the listening one, to which clients can connect.
    [[nodiscard]] bound_socket open_another() const;

    /// Accepts from the listening socket and has `handlers` handle the requests, until a shutdown
    /// is requested and all requests have ended.
    [[nodiscard]] task<> serve(bounded_dispatcher& handlers, receiving how = receiving::ahead);

    /// Lets `workers`, which accept by themselves, serve until a shutdown is requested.
    [[nodiscard]] task<> supervise(drainable& workers);

    /// Serves in one worker of `workers`: accepts from `from` and handles requests in the loop of
    /// this thread, with an equal share of the limits, until `requested` is. The worker may be any
    /// thread or process.
    [[nodiscard]] task<> serve_share(bound_socket& from, shutdown_signal& requested,
                                     std::size_t workers, receiving how) const;

    /// Closes the listening socket: the period is about to end. Whoever uses a copy of it, in
    /// another process, goes on.
    void close_listening() const noexcept;

    void overloaded(std::error_code error, std::chrono::milliseconds pause) const noexcept override;
    void report_refused(const std::exception_ptr& exception,
                        const address& client) const noexcept override;

private:
    enum class progress { none, serving, ended };

    [[nodiscard]] const concurrency_model& model() const;
    [[nodiscard]] task<> shut_down_if_cancelled();
    void throw_if_cancelled() const;

    server& server_;
    quota wanted_;
    bool timed_out_ = false;
    progress progress_ = progress::none;
    std::error_code cancelled_;  // the reason for which the caller was cancelled while it served
};

}  // namespace ringlet::detail
