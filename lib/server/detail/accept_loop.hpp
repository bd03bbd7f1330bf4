#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/coro/token_bucket.hpp>
#include <ringlet/net/bound_socket.hpp>

namespace ringlet {
class server;
}  // namespace ringlet

namespace ringlet::detail {}  // namespace ringlet::detail

namespace ringlet::detail {

class bounded_dispatcher;
class request_source;

/// Whether requests may be received before there is room to handle them. In a process that cannot
/// give them to another one, those would be lost to it.
enum class receiving { ahead, one_by_one };

/// Accepts requests from a socket and has them handled: the loop that every server turns in.
///
/// Resources: the socket is the caller's again when `run` or `run_once` ends. Requests that have
/// been accepted by then have been dispatched, refused, or closed.
///
/// Errors: a shortage of descriptors or memory is not one, since the listener pauses. A request
/// that fails is reported, and ends alone. An error of the socket itself is thrown.
///
/// One thread: that of the loop which accepts.
class accept_loop {
public:
    /// An accept loop of the server `owner`. The other objects must outlive it.
    accept_loop(server& owner, bound_socket& from, bounded_dispatcher& handlers, receiving how,
                const rate_limit& rate);

    /// Accepts until it is cancelled. Meanwhile the hook `service_actions` is called at its
    /// interval.
    [[nodiscard]] task<> run();

    /// Accepts one request. Sets `timed_out`, and returns, where none has come within
    /// `handle_request_timeout`.
    [[nodiscard]] task<> run_once(bool& timed_out);

private:
    enum class quota { one, unlimited };

    [[nodiscard]] task<> take_requests(quota wanted);
    [[nodiscard]] task<> take_requests_from(request_source& source, quota wanted);
    [[nodiscard]] task<> pause_until_room();
    [[nodiscard]] task<> call_service_actions();

    server& server_;
    bound_socket& socket_;
    bounded_dispatcher& handlers_;
    receiving receiving_;
    token_bucket rate_;
};

}  // namespace ringlet::detail
