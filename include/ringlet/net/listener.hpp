#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/net/stream.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>

namespace ringlet {

namespace detail {
class acceptor;
class accept_operation;
}  // namespace detail

/// How a listener binds and accepts, and its limits.
struct listener_options {
    /// How it gets its address.
    bind_options binding = {};

    /// Connections that wait in the kernel to be accepted; it caps this at net.core.somaxconn.
    int backlog = 4096;

    /// Accepted TCP connections send small pieces at once (TCP_NODELAY).
    bool no_delay = true;

    /// Connections held that nobody has asked for by `accept`. Once there are so many, accepting
    /// stops until they are taken; but a burst that is in the backlog by then comes whole, since
    /// the kernel accepts it at one go. With 0 nothing is accepted that nobody waits for, at the
    /// cost of an SQE for each connection.
    std::size_t accepted_ahead_max = 64;

    /// The pause after the system ran out of descriptors or memory: it doubles from the first to
    /// the longest, and starts anew after a success.
    std::chrono::milliseconds overload_pause_first{5};
    std::chrono::milliseconds overload_pause_max{1000};
};

/// Accepts connections, TCP or Unix: one multishot accept(2), armed while someone waits or few
/// connections are held ahead.
///
/// An overloaded system (EMFILE, ENFILE, ENOBUFS, ENOMEM) is no error: accepting pauses, clients
/// wait in the backlog, and it goes on by itself; `on_overload` hears of it. A connection that was
/// aborted before it was accepted is skipped.
///
/// One thread: the loop's.
class listener {
public:
    /// Binds to `local` and listens. Throws std::system_error naming the address, and
    /// std::invalid_argument for options that make no sense; then nothing is left open.
    listener(loop& owner, const address& local, const listener_options& options = {});

    /// Takes over a socket that listens already; one that was a plain `socket` is adopted. Throws
    /// std::system_error, saying why, where it cannot be served.
    listener(loop& owner, bound_socket listening, const listener_options& options = {});

    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    /// A socket that is bound to `local` and listens; what the first constructor makes.
    [[nodiscard]] static bound_socket open(network& net, const address& local,
                                           const listener_options& options = {});

    /// The second half of `open`: lets clients connect to a socket that is bound.
    static void listen(bound_socket& bound, const listener_options& options = {});

    /// Waits for the next connection. Throws std::system_error; or stores the error in `error`, and
    /// then yields a stream that is not open. One accept at a time; a second is a std::logic_error.
    [[nodiscard]] detail::accept_operation accept(error_sink error = throws);

    /// A connection that has been accepted ahead, if there is one.
    [[nodiscard]] std::optional<stream> try_accept();

    /// How many connections have been yielded.
    [[nodiscard]] std::uint64_t yielded() const noexcept;

    /// Stops accepting: a pending accept fails with operation_canceled, and when the await is over
    /// who comes waits in the backlog. What has been accepted by then is still to be had. Never
    /// throws.
    [[nodiscard]] task<> stop();

    /// Called when the system is overloaded, with the error and the pause that begins; once for
    /// each time that accepting got stuck, not for each attempt.
    using overload_handler = std::function<void(std::error_code, std::chrono::milliseconds)>;
    void on_overload(overload_handler handler);

    /// Where it listens; the port is the real one where 0 was asked for.
    [[nodiscard]] address local_address() const;

    /// Stops listening: as `stop`; then connections that nobody has taken yet are closed, and when
    /// the await is over the port is free, or the path if it was made here. Never throws.
    [[nodiscard]] task<> close();

    /// The same, but gives the socket away, still listening: its backlog goes on filling.
    [[nodiscard]] task<bound_socket> release();

private:
    // The multishot may outlive the listener until its final CQE has come.
    struct abandon {
        void operator()(detail::acceptor* left) const noexcept;
    };
    std::unique_ptr<detail::acceptor, abandon> acceptor_;
};

}  // namespace ringlet

#include <ringlet/net/detail/accept_operation.hpp>  // which `accept` returns

#include <chrono>
#include <cstddef>
