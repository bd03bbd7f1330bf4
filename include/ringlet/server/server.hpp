#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/server/server_options.hpp>
#include <ringlet/server/shutdown_signal.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <system_error>

namespace ringlet {

/// What every server has in common: its lifecycle and its hooks, with socketserver's names.
///
/// `serve_forever` serves until `shutdown`; the server can then serve again, until `server_close`.
/// A shutdown that is asked for while nothing is served ends the next `serve_forever` at once, so
/// that it cannot be lost in a race with its start.
///
/// Thread-safe: `shutdown`, and what is const. Everything else belongs to one thread at a time, in
/// which the hooks are called too. Lifetime: the server outlives `serve_forever`.
class server {
public:
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    virtual ~server() = default;

    /// Serves in this thread, in a loop of the server's own, until `shutdown` has been asked for
    /// and every connection has ended. Throws std::logic_error if it serves already or is closed,
    /// and std::system_error if it cannot go on; then too every connection has ended.
    void serve_forever();

    /// The same as a coroutine, in the loop that runs in this thread: for several servers in one.
    [[nodiscard]] task<> serve();

    /// Waits for one request and handles it to its end. Returns early after `timeout`, having
    /// called `handle_timeout`, or when `shutdown` is asked for. Throws as `serve_forever` does.
    void handle_request();

    /// Asks the server to stop: it accepts no more, lets handlers go on for `drain_timeout`, or
    /// for `grace`, then cancels them; `serve_forever` returns. Returns at once.
    ///
    /// From any thread, from a signal handler, from inside a handler; before, during and after
    /// serving; as often as you like (the shortest grace counts). A negative `grace` is none; more
    /// than a year is a year.
    void shutdown() noexcept;
    void shutdown(std::chrono::nanoseconds grace) noexcept;

    /// Closes the listening socket. While the server serves, asks it to shut down and closes then.
    /// The destructor does the same. From the serving thread, or while nothing is served.
    void server_close();

    /// Where the server listens; the port is the real one where 0 was asked for.
    [[nodiscard]] const address& server_address() const noexcept { return address_; }

    /// The listening socket's descriptor; -1 once closed.
    [[nodiscard]] virtual int fileno() const noexcept = 0;

    /// Calls `handle_error`; what that throws itself is reported as it would be by default. That a
    /// coroutine was cancelled, and ended so, is no error: where `exception` is the reason of the
    /// scope it is called in, nothing is reported.
    void report_error(std::exception_ptr exception, const address& client) noexcept;

    // Hooks, to be overridden. They are called in the serving thread and must not block.

    /// A handler ended with `exception`; its connection is closed next and the server goes on.
    /// By default one line on stderr. `client` has no family where it could not be found out.
    virtual void handle_error(std::exception_ptr exception, const address& client);

    /// Accepting pauses, since the system is short of descriptors or memory; it goes on by itself,
    /// first after `pause`. Once for each time it gets stuck. By default one line on stderr.
    virtual void handle_overload(std::error_code error, std::chrono::milliseconds pause);

    /// `handle_request` waited for `timeout` in vain.
    virtual void handle_timeout() {}

protected:
    /// Throws std::invalid_argument for options that make no sense.
    explicit server(const server_options& options);

    [[nodiscard]] const server_options& options() const noexcept { return options_; }
    [[nodiscard]] shutdown_signal& shutdown_requests() noexcept { return shutdown_; }
    void set_server_address(const address& bound) noexcept { address_ = bound; }

    /// Serves until a shutdown is requested, and drains.
    [[nodiscard]] virtual task<> serve_until_shutdown() = 0;
    /// Serves one request; false if none came before `deadline`.
    [[nodiscard]] virtual task<bool> serve_one(std::chrono::steady_clock::time_point deadline) = 0;
    /// Closes the listening socket.
    virtual void close_listening() noexcept = 0;

private:
    class serving;

    server_options options_;
    shutdown_signal shutdown_;
    address address_;
    std::atomic<bool> serving_{false};
    std::atomic<bool> close_when_done_{false};
};

}  // namespace ringlet
