#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/detail/shutdown_signal.hpp>
#include <ringlet/server/server_counters.hpp>
#include <ringlet/server/server_options.hpp>

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <forward_list>
#include <memory>
#include <system_error>

namespace ringlet {

namespace detail {
class accept_loop;
class listening_socket;
class request_source;
class serving_period;
struct counter_slot;
struct server_records;
struct server_reports;
}  // namespace detail

/// The lifecycle and the hooks that all servers have, with socketserver's names.
///
/// `serve_forever` serves until `shutdown`, which closes the listening socket. The server can then
/// serve again, with a new socket at the same address, until `server_close`.
/// A shutdown that is requested while the server does not serve ends the next `serve_forever` at
/// once, so a race with the start of serving cannot lose the request.
///
/// Thread-safe: `shutdown`, `server_address`, `fileno`, `counters`, and `report_error` as far as
/// the hook `handle_error` is. Everything else belongs to one thread at a time. Lifetime: the
/// server outlives `serve_forever`; see serving_thread.
class server {
public:
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    virtual ~server();

    /// Serves in this thread, in a loop of the server's own, until `shutdown` has been requested
    /// and every connection has ended. Throws std::logic_error if the server serves already or is
    /// closed, and std::system_error if it cannot go on; every connection has ended in that case
    /// too.
    void serve_forever();

    /// Serves as `serve_forever` does, but as a coroutine of the loop that runs in this thread.
    /// Thus one thread can run several servers. Cancelling the coroutine shuts the server down, as
    /// `shutdown()` does: handlers have `drain_timeout` to end, and then the coroutine throws
    /// std::system_error. A program that cannot wait for them calls `shutdown` with a shorter
    /// grace.
    [[nodiscard]] task<> serve();

    /// Waits for one request and handles it to its end. If no request comes within
    /// `handle_request_timeout`, calls the hook `handle_timeout` and returns. Also returns when
    /// `shutdown` is requested. Throws as `serve_forever` does.
    void handle_request();

    /// Asks the server to stop, and returns at once. The server accepts the clients that wait in
    /// the backlog and closes its listening socket at once, so that later clients are refused, or
    /// reach a successor, which can bind the address from then on. The server then lets handlers go
    /// on for `drain_timeout`, or for `grace`, cancels them after that, and `serve_forever`
    /// returns. A socket for datagrams, through which handlers answer, is closed at the end.
    ///
    /// A program may call this from any thread, from a signal handler or from inside a handler;
    /// before, during and after serving; and several times, of which the shortest grace counts. A
    /// negative `grace` counts as none, and one of more than a year as a year.
    void shutdown() noexcept;
    void shutdown(std::chrono::nanoseconds grace) noexcept;

    /// Closes the listening socket, as the destructor does. While the server serves, this asks it
    /// to shut down, and the socket is closed when serving ends. Call it from the serving thread,
    /// or while the server does not serve.
    void server_close();

    /// The address at which the server listens; it has the real port where port 0 was asked for. It
    /// is no address before the socket is bound. Any thread may ask at any time. The reference is
    /// valid as long as the server lives; once the server is bound again, later calls return
    /// another reference.
    [[nodiscard]] const address& server_address() const noexcept;

    /// The listening socket's descriptor; -1 while the socket is not bound. A thread that sees the
    /// descriptor sees the socket's `server_address` too. Any thread may ask at any time.
    [[nodiscard]] int fileno() const noexcept;

    /// Whether the server, or its predecessor, has made the listening socket and no other program
    /// serves it, so that the end of serving ends the listening. The serving thread asks.
    [[nodiscard]] bool owns_listening() const noexcept;

    /// Says whether another program goes on serving the listening socket. While that is so, a
    /// shutdown only closes the socket, in this process and its children: the listening goes on,
    /// and the path of a Unix socket stays. It has no effect on a socket that the server has not
    /// made. The serving thread calls this, or any thread while the server does not serve.
    void share_listening(bool shared) noexcept;

    /// The options that the server was made with. Any thread may ask at any time.
    [[nodiscard]] const server_options& options() const noexcept { return options_; }

    /// The server's counters since it was made. Any thread may ask at any time, in a forked child
    /// too. The call sums the counters of threads and children one after the other, while they go
    /// on counting: no counter but `active` ever goes back, and `active` may include both a request
    /// that has ended meanwhile and its successor.
    [[nodiscard]] server_counters counters() const noexcept;

    /// Calls the hook `handle_error`. If the hook throws, its exception and `exception` go to the
    /// log. A coroutine that ends because it was cancelled is not an error: nothing is reported
    /// where `exception` is the reason for which the scope of the caller was cancelled.
    void report_error(const std::exception_ptr& exception, const address& client) noexcept;

    // Hooks, which a derived class may override. They must not block. The server calls
    // `handle_error` where the handler runs, which may be a worker thread or a child process. It
    // calls the other hooks in the thread that accepts the requests.

    /// Hook: opens the socket and gives it its address.
    virtual void server_bind();

    /// Hook: lets clients reach the socket.
    virtual void server_activate();

    /// Hook: a handler ended with `exception`. By default it reports the exception to the log, as
    /// an error, or at log_level::debug if it is `caused_by_client`: that a client resets its
    /// connection, or stays silent, is no failure of the server, and only counted by default. The
    /// server closes the connection next, and goes on. `client` has no family where the server
    /// could not find the address out.
    virtual void handle_error(std::exception_ptr exception, const address& client);

    /// Hook: the server pauses accepting, since the system is short of descriptors, processes,
    /// threads or memory. The server tries again by itself, for the first time after `pause`. It
    /// calls the hook once for each shortage. By default the hook reports the shortage to the log.
    virtual void handle_overload(std::error_code error, std::chrono::milliseconds pause);

    /// Hook: `handle_request` waited for `handle_request_timeout` in vain. By default it does
    /// nothing.
    virtual void handle_timeout() {}

    /// Hook: called after each accepted request, and every `service_interval`. By default it does
    /// nothing.
    virtual void service_actions() {}

protected:
    /// Makes a server that will be bound to `local`, with a socket of `type` (SOCK_STREAM,
    /// SOCK_DGRAM). Throws std::invalid_argument for options that make no sense.
    server(const address& local, int type, const server_options& options);

    /// Makes a server that takes over a socket that clients can reach already. Throws
    /// std::system_error that names the reason where the socket cannot be served.
    server(bound_socket adopted, int type, const server_options& options);

    /// Makes a server that takes over the socket `inherited`, or, where that is none, a server that
    /// will be bound to `otherwise`. Throws as the other constructors do.
    server(named_socket inherited, const address& otherwise, int type,
           const server_options& options);

    /// For the constructor of a derived class: binds and activates the socket, unless the options
    /// leave that for later.
    void open_in_constructor();

    /// Begins to accept requests from `from`, which outlives the source. With `ahead` the source
    /// may receive more requests than it is asked for; without `ahead` it leaves them for other
    /// processes.
    [[nodiscard]] virtual std::unique_ptr<detail::request_source> open_source(bound_socket& from,
                                                                              bool ahead) = 0;

    /// Lets clients reach a bound socket.
    virtual void activate(bound_socket& bound) const = 0;

    /// Counts that accepting pauses, and calls the hook `handle_overload`.
    void overloaded(std::error_code error, std::chrono::milliseconds pause) noexcept;

    /// Whether the server accepts requests that it has no room for, and refuses them.
    [[nodiscard]] virtual bool refuses_at_maximum() const noexcept { return false; }

    /// The reports of what has happened, at their rates.
    [[nodiscard]] detail::server_reports& reports() const noexcept;

    /// Closes a listening socket at the end of serving: the server's own, or that of a worker.
    void end_listening(bound_socket& ended) noexcept;

    /// Counts and reports that a reply was dropped because its client has no room for it.
    void report_lost_reply(const address& client) noexcept;

    /// The counters of this thread, or of this forked child.
    [[nodiscard]] detail::counter_slot& counted() const noexcept;

    /// Counts and reports that handling a request has ended with `exception`.
    void request_failed(const std::exception_ptr& exception, const address& client,
                        detail::counter_slot& counts) noexcept;

private:
    friend class detail::accept_loop;
    friend class detail::serving_period;
    friend class serving_thread;  // it takes back a shutdown that came too late

    /// In a process that was forked after the server was made, and that is no child of the server:
    /// from now on it shares neither shutdowns nor counters with the process before.
    void separate_from_parent();

    void make_records();

    void open_if_not();
    void close_listening() noexcept;

    /// For the catch block of an exception that `get_request` threw after a request had come:
    /// counts and reports the loss of the request. Rethrows the exception where the accepting
    /// coroutine was cancelled.
    void request_lost();

    void call_service_actions() noexcept;

    server_options options_;
    pid_t process_;  // the process in which the server is one of its own
    // The records of this process are the first; those of the process before it are kept, since
    // another thread may be reading them.
    std::forward_list<detail::server_records> all_records_;
    std::atomic<detail::server_records*> records_;
    std::unique_ptr<detail::listening_socket> listening_;
    detail::shutdown_signal shutdown_;
    bool closed_ = false;
    std::atomic<bool> serving_{false};
    std::atomic<bool> close_when_done_{false};
};

}  // namespace ringlet
