#pragma once

#include "request_source.hpp"

#include <ringlet/coro/task.hpp>
#include <ringlet/coro/token_bucket.hpp>
#include <ringlet/net/bound_socket.hpp>

#include <cstdint>

namespace ringlet {
class server;
}  // namespace ringlet

namespace ringlet::detail {

class bounded_dispatcher;
class shutdown_signal;

/// Whether a process may receive requests before it has room to handle them. A process that shares
/// the socket with others must not, since it cannot give such a request to another process.
enum class receiving { ahead, one_by_one };

/// The accept loop of every server: accepts requests from a socket and has them handled.
///
/// Resources: the socket is the caller's again when `run` or `run_once` ends. By then every
/// accepted request has been dispatched, refused or closed. Where `run` ends because a shutdown is
/// requested, the requests that waited in the kernel have been accepted too, and a listening socket
/// is closed: no client is left behind a closed door, and a successor can bind.
///
/// Errors: a shortage of descriptors or memory is not an error, since the listener pauses. A
/// request that fails is reported, and no other request suffers. An error of the socket itself is
/// thrown.
///
/// One thread: that of the loop that accepts.
class accept_loop final : private accept_turn {
public:
    /// An accept loop of the server `owner`. The other objects must outlive it.
    accept_loop(server& owner, bound_socket& from, bounded_dispatcher& handlers, receiving how,
                const rate_limit& rate, const shutdown_signal& requested);

    /// Accepts until it is cancelled, and calls the hook `service_actions` at its interval.
    [[nodiscard]] task<> run();

    /// Accepts one request. Sets `timed_out` and returns where no request has come within
    /// `handle_request_timeout`.
    [[nodiscard]] task<> run_once(bool& timed_out);

private:
    enum class quota { one, unlimited };

    [[nodiscard]] task<> take_requests(quota wanted);
    [[nodiscard]] task<> take_requests_from(request_source& source);
    [[nodiscard]] bool goes_on(std::uint64_t yielded) override;
    [[nodiscard]] bool shutdown_requested() const noexcept;
    [[nodiscard]] task<> pause_until_room();
    [[nodiscard]] task<> call_service_actions();

    server& server_;
    bound_socket& socket_;
    bounded_dispatcher& handlers_;
    receiving receiving_;
    token_bucket rate_;
    const shutdown_signal& requested_;
    quota wanted_ = quota::unlimited;
    std::uint64_t accepted_before_ = 0;  // the request that is waited for
};

}  // namespace ringlet::detail
