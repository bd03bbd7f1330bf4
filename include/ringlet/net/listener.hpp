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
    /// How the socket gets its address.
    bind_options binding = {};

    /// How many connections may wait in the kernel to be accepted. The kernel caps this at
    /// net.core.somaxconn. listen(2).
    int backlog = 4096;

    /// Whether accepted TCP connections send small pieces at once (TCP_NODELAY). tcp(7).
    bool no_delay = true;

    /// How many connections the listener holds that no `accept` has asked for yet. Once there are
    /// so many, accepting stops until they are taken; but the kernel accepts a burst that is in the
    /// backlog by then at one go, so that all of it comes. With 0 no connection is accepted for
    /// which no caller waits, at the cost of a few SQEs for each connection. Processes, or threads,
    /// that share a listening socket take 0 each: a client then never waits for one of them that is
    /// busy while another one is idle.
    std::size_t accepted_ahead_max = 64;

    /// The first pause in accepting after the system ran out of descriptors or memory. Each further
    /// failure doubles the pause, up to `overload_pause_max`; a success starts anew.
    std::chrono::milliseconds overload_pause_first{5};

    /// The longest pause in accepting after the system ran out of descriptors or memory.
    std::chrono::milliseconds overload_pause_max{1000};
};

/// Accepts connections, TCP or Unix, by one multishot accept(2), which is armed while a caller
/// waits or few connections are held ahead.
///
/// An overloaded system (EMFILE, ENFILE, ENOBUFS, ENOMEM) is no error: accepting pauses while
/// clients wait in the backlog, and goes on by itself; the handler set by `on_overload` is called.
/// A connection that its client has aborted before it was accepted is skipped.
///
/// One thread: the loop's. Lifetime: the listener ends before its loop.
class listener {
public:
    /// Opens a socket that is bound to `local` and listens; its connections live in the loop
    /// `owner`. Throws std::system_error naming the address, and std::invalid_argument for options
    /// that contradict each other or are out of range; then no descriptor is left open.
    listener(loop& owner, const address& local, const listener_options& options = {});

    /// Takes over a socket that listens already; a plain `socket` is adopted, as by bound_socket.
    /// Its connections live in the loop `owner`. Throws std::system_error, saying why, if the
    /// socket cannot be served, and std::invalid_argument for options out of range.
    listener(loop& owner, bound_socket listening, const listener_options& options = {});

    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    /// Opens a socket that is bound to `local` and listens, without a loop for now. Throws
    /// std::system_error naming the address, and std::invalid_argument for options that contradict
    /// each other or are out of range; then no descriptor is left open.
    [[nodiscard]] static bound_socket open(network& net, const address& local,
                                           const listener_options& options = {});

    /// Lets clients connect to a socket that is bound, as `open` does in the end. Throws
    /// std::system_error. listen(2).
    static void listen(bound_socket& bound, const listener_options& options = {});

    /// Waits for the next connection and yields it as a stream. Awaiting it throws
    /// std::system_error; or stores the error in `error`, and then yields a stream that is not
    /// open. One accept may wait at a time; awaiting a second throws std::logic_error. accept(2).
    [[nodiscard]] detail::accept_operation accept(error_sink error = throws);

    /// Gives a connection that has been accepted ahead, if there is one, without waiting.
    [[nodiscard]] std::optional<stream> try_accept();

    /// How many connections the listener has given its callers.
    [[nodiscard]] std::uint64_t yielded() const noexcept;

    /// Stops accepting: a pending accept fails with operation_canceled, and when the await is over,
    /// new clients wait in the backlog. `accept` and `try_accept` still give the connections that
    /// have been accepted by then. Never throws. A cancelled scope does not end it.
    [[nodiscard]] task<> stop();

    /// Whether clients can still connect, as far as this process and others have not ended the
    /// listening: bound_socket::stop_listening.
    [[nodiscard]] bool is_listening() const noexcept;

    /// After `stop`: keeps further clients out, and accepts those that wait in the backlog, for
    /// `try_accept`; see bound_socket::refuse_clients. Where it cannot keep clients out, it accepts
    /// no more than the backlog may hold. Yields the error that left clients in the backlog, such
    /// as too_many_files_open; the caller may try again. Never throws, and is not cancelled.
    [[nodiscard]] task<std::error_code> take_backlog();

    /// A function to call when the system is overloaded, with the error and the length of the pause
    /// that begins.
    using overload_handler = std::function<void(std::error_code, std::chrono::milliseconds)>;

    /// Has `handler` called, in the loop's thread, whenever accepting begins to pause because the
    /// system is overloaded: once, however many attempts fail until accepting goes on.
    void on_overload(overload_handler handler);

    /// The address at which the listener listens, with the real port where 0 was asked for. Throws
    /// std::system_error. getsockname(2).
    [[nodiscard]] address local_address() const;

    /// Stops accepting and closes the socket: a pending accept fails with operation_canceled, and
    /// connections that no caller has taken yet are closed. When the await is over, the port is
    /// free, and the path too if `open` made it. Never throws. A cancelled scope does not end it.
    [[nodiscard]] task<> close();

    /// Stops accepting and gives the socket away: a pending accept fails with operation_canceled,
    /// and connections that no caller has taken yet are closed. The socket still listens, so that
    /// new clients wait in its backlog. Never throws. A cancelled scope does not end it.
    [[nodiscard]] task<bound_socket> release();

private:
    // The multishot accept may outlive the listener until its final CQE has come.
    struct abandon {
        void operator()(detail::acceptor* left) const noexcept;
    };
    std::unique_ptr<detail::acceptor, abandon> acceptor_;
};

}  // namespace ringlet

#include <ringlet/net/detail/accept_operation.hpp>  // which `accept` returns

#include <chrono>
#include <cstddef>
