#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/detail/shutdown_signal.hpp>
#include <ringlet/server/server_counters.hpp>
#include <ringlet/server/server_options.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <system_error>

namespace ringlet {

namespace detail {
class accept_loop;
}  // namespace detail

namespace detail {

class listening_socket;
class request_source;
class serving_period;
struct counter_slot;
struct server_records;

}  // namespace detail

/// The lifecycle and the hooks that all servers have, with socketserver's names.
///
/// `serve_forever` serves until `shutdown`; the server can then serve again, until `server_close`.
/// A shutdown that is asked for while nothing is served ends the next `serve_forever` at once, so
/// that it cannot be lost in a race with its start.
///
/// Thread-safe: `shutdown`, `server_address`, `fileno`, `counters`, and `report_error` as far as
/// the hook `handle_error` is. Everything else belongs to one thread at a time. Lifetime: the
/// server outlives `serve_forever`; see serving_thread.
class server {
public:
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    virtual ~server();

    /// Serves in this thread, in a loop of the server's own, until `shutdown` has been asked for
    /// and every connection has ended. Throws std::logic_error if it serves already or is closed,
    /// and std::system_error if it cannot go on; then too every connection has ended.
    void serve_forever();

    /// Serves as `serve_forever` does, but as a coroutine of the loop that runs in this thread: so
    /// one thread can serve for several servers.
    [[nodiscard]] task<> serve();

    /// Waits for one request and handles it to its end. Returns early after
    /// `handle_request_timeout`, having called `handle_timeout`, or when `shutdown` is asked for.
    /// Throws as `serve_forever` does.
    void handle_request();

    /// Asks the server to stop: it accepts no more, lets handlers go on for `drain_timeout`, or
    /// for `grace`, then cancels them; `serve_forever` returns. Returns at once.
    ///
    /// From any thread, from a signal handler, from inside a handler; before, during and after
    /// serving; as often as you like (the shortest grace counts). A negative `grace` is none; more
    /// than a year is a year.
    void shutdown() noexcept;
    void shutdown(std::chrono::nanoseconds grace) noexcept;

    /// Closes the listening socket, as the destructor does. While the server serves, asks it to
    /// shut down and closes then. From the serving thread, or while nothing is served.
    void server_close();

    /// Where the server listens; the port is the real one where 0 was asked for. No address before
    /// the socket is bound. From any thread, at any time. The reference is valid as long as the
    /// server; a server that is bound later answers with another one from then on.
    [[nodiscard]] const address& server_address() const noexcept;

    /// The listening socket's descriptor; -1 while it is not bound. A thread that sees it bound
    /// sees its `server_address` too. From any thread, at any time.
    [[nodiscard]] int fileno() const noexcept;

    /// The options that the server was made with. From any thread, at any time.
    [[nodiscard]] const server_options& options() const noexcept { return options_; }

    /// Counts of all that has been done since the server was made. From any thread, at any time; in
    /// a forked child too. Threads and children are asked one after the other, while they go on: no
    /// figure ever goes back, but `active` may have both a request that has ended meanwhile and its
    /// successor.
    [[nodiscard]] server_counters counters() const noexcept;

    /// Calls the hook `handle_error`. An exception that the hook throws goes to the log, as does
    /// `exception` then. That a coroutine ended because it was cancelled is no error: where
    /// `exception` is the reason of the scope that this is called in, nothing is reported.
    void report_error(std::exception_ptr exception, const address& client) noexcept;

    // Hooks, to be overridden. They must not block. `handle_error` is called where the handler
    // runs, which may be a worker thread or a child process; the others in the thread that accepts
    // the requests.

    /// Opens the socket and gives it its address.
    virtual void server_bind();

    /// Lets clients connect.
    virtual void server_activate();

    /// A handler ended with `exception`; its connection is closed next and the server goes on.
    /// By default reported to the log. `client` has no family where it could not be found out.
    virtual void handle_error(std::exception_ptr exception, const address& client);

    /// Accepting pauses, since the system is short of descriptors or memory; it goes on by itself,
    /// first after `pause`. Once for each time it gets stuck. By default reported to the log.
    virtual void handle_overload(std::error_code error, std::chrono::milliseconds pause);

    /// `handle_request` waited for `handle_request_timeout` in vain.
    virtual void handle_timeout() {}

    /// Called after each request that has been accepted, and every `service_interval`.
    virtual void service_actions() {}

protected:
    /// Makes a server that will be bound to `local`, with a socket of `type` (SOCK_STREAM,
    /// SOCK_DGRAM). Throws std::invalid_argument for options that make no sense.
    server(const address& local, int type, const server_options& options);

    /// Makes a server that takes over a socket which clients can reach already. Throws
    /// std::system_error, saying why, where the socket cannot be served.
    server(bound_socket adopted, int type, const server_options& options);

    /// For the constructor of a kind of server: binds and activates, unless the options leave that
    /// for later.
    void open_in_constructor();

    /// Begins to accept requests from `from`, which outlives the source. With `ahead` the source
    /// may receive more requests than it is asked for; without, others find those that it leaves.
    [[nodiscard]] virtual std::unique_ptr<detail::request_source> open_source(bound_socket& from,
                                                                              bool ahead) = 0;

    /// Lets clients reach a socket that is bound.
    virtual void activate(bound_socket& bound) const = 0;

    /// Counts that accepting pauses, and calls the hook `handle_overload`.
    void overloaded(std::error_code error, std::chrono::milliseconds pause) noexcept;

    /// Counts and reports that a connection was closed, being one too many of its peer's.
    void report_refusal(const address& client) noexcept;

    /// The counters of this thread, or of this forked child.
    [[nodiscard]] detail::counter_slot& counted() const noexcept;

    /// Counts and reports that handling a request has ended with `exception`.
    void request_failed(std::exception_ptr exception, const address& client,
                        detail::counter_slot& counts) noexcept;

private:
    friend class detail::accept_loop;
    friend class detail::serving_period;
    friend class serving_thread;  // takes back a shutdown that came too late

    void open_if_not();
    void close_listening() noexcept;

    /// In the handler of an exception that get_request threw with a request in its hands: counts
    /// and reports it. Rethrows the exception where the accepting coroutine was cancelled.
    void request_lost();

    void call_service_actions() noexcept;

    server_options options_;
    std::unique_ptr<detail::server_records> records_;
    std::unique_ptr<detail::listening_socket> listening_;
    detail::shutdown_signal shutdown_;
    bool closed_ = false;
    std::atomic<bool> serving_{false};
    std::atomic<bool> close_when_done_{false};
};

}  // namespace ringlet
