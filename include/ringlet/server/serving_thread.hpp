#pragma once

#include <ringlet/server/server.hpp>

#include <chrono>
#include <exception>
#include <thread>

namespace ringlet {

/// Serves in the background, in a thread of its own, until it is stopped or ends:
///
///     ringlet::tcp_server server({"127.0.0.1", 9999}, echo);
///     ringlet::serving_thread serving(server);
///
/// Declared after the server, so that it ends before. Clients are let in from before it starts,
/// since the server listens already. Signals are left to the program's other threads.
///
/// One thread at a time, and none of the server's own: a handler that wants the server to stop
/// calls `server::shutdown`.
class serving_thread {
public:
    /// Starts a thread that calls `served.serve_forever()`. Throws std::system_error where there is
    /// none to be had.
    explicit serving_thread(server& served);
    serving_thread(const serving_thread&) = delete;
    serving_thread& operator=(const serving_thread&) = delete;

    /// Stops as `stop()` does; an exception of `serve_forever` goes to the log.
    ~serving_thread();

    /// Shuts the server down and waits until `serve_forever` has returned, throwing what that
    /// threw: handlers have the server's `drain_timeout` to end, or `grace`. Where it has been
    /// waited for already, nothing is done. The server can serve again then.
    void stop();
    void stop(std::chrono::nanoseconds grace);

    /// Waits, without a shutdown, until `serve_forever` has returned; throws its exception, once.
    void join();

private:
    void run() noexcept;

    server& server_;
    std::exception_ptr failure_;
    std::thread thread_;
};

}  // namespace ringlet
