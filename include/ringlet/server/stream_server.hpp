#pragma once

#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/net/socket.hpp>
#include <ringlet/server/connection_handler.hpp>
#include <ringlet/server/server.hpp>

namespace ringlet {

/// A server of connected streams. For each one, in this order: `verify_request`,
/// `process_request`, `finish_request` with the handler in it, and then always `shutdown_request`.
/// What one of these throws goes to `handle_error` and ends its own connection only.
///
/// `process_request` is where concurrency comes in: here the handler becomes a coroutine of the
/// serving loop, and all connections run at the same time.
class stream_server : public server {
public:
    [[nodiscard]] int fileno() const noexcept override { return fileno_; }

    /// Whether this client is to be served; if not, its connection is closed. By default, yes.
    [[nodiscard]] virtual bool verify_request(stream& request, const address& client);

protected:
    /// Binds to `local` and listens. Throws as listener does.
    stream_server(const address& local, connection_handler handler, const server_options& options);

    /// Takes over an accepted connection, to serve it at the same time as the others.
    virtual void process_request(stream request, const address& client);

    /// Serves one connection to its end and shuts it down. Never throws.
    [[nodiscard]] task<> finish_request(stream request, address client);

    /// Closes a connection so that what was sent on it arrives. Never throws.
    [[nodiscard]] task<> shutdown_request(stream request);

private:
    task<> serve_until_shutdown() override;
    task<bool> serve_one(loop::clock::time_point deadline) override;
    void close_listening() noexcept override;

    task<> accept_all(listener& accepting);
    task<> accept_one(listener& accepting, loop::clock::time_point deadline, bool& timed_out);
    void take(stream request);
    task<> serve_connections(listener& accepting, task<> acceptance);
    task<> enforce_shutdown(task_group& acceptance, task_group& connections);

    socket listening_;  // while the server serves, the listener has it
    int fileno_;
    connection_handler handler_;
    task_group* connections_ = nullptr;
};

}  // namespace ringlet
