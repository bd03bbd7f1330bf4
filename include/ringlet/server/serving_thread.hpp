#pragma once

#include <ringlet/server/server.hpp>

#include <chrono>
#include <exception>
#include <thread>

namespace ringlet {

/// Serves in the background, in a thread of its own, until the program stops it or serving ends by
/// itself:
///
///     ringlet::tcp_server server({"127.0.0.1", 9999}, echo);
///     ringlet::serving_thread serving(server);
///
/// Lifetime: declare it after the server, so that it ends before the server. Clients can connect
/// once it is made, since the server listens by then. The thread leaves signals that the program
/// handles to its other threads: see thread_pool.
///
/// One thread at a time, and no thread of the server's own: a handler that wants to stop the server
/// calls `server::shutdown`.
class serving_thread {
public:
    /// Binds and activates the server's socket unless it is open, and starts a thread that calls
    /// `served.serve_forever()`. Throws what the hooks server_bind and server_activate throw, such
    /// as std::system_error for an address in use, and std::system_error where the system has no
    /// thread left.
    explicit serving_thread(server& served);
    serving_thread(const serving_thread&) = delete;
    serving_thread& operator=(const serving_thread&) = delete;

    /// Stops the server as `stop()` does. An exception of `serve_forever` goes to the log.
    ~serving_thread();

    /// Shuts the server down and waits until `serve_forever` has returned. Handlers have the
    /// server's `drain_timeout` to end, or `grace`. Throws the exception of `serve_forever`. Does
    /// nothing after an earlier `stop` or `join`. The server can serve again afterwards.
    void stop();
    void stop(std::chrono::nanoseconds grace);

    /// Waits, without a shutdown, until `serve_forever` has returned. Throws the exception of
    /// `serve_forever`, once.
    void join();

private:
    void run() noexcept;

    server& server_;
    std::exception_ptr failure_;
    std::thread thread_;
};

}  // namespace ringlet
