#pragma once

#include <ringlet/net/bound_socket.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/server/accepted.hpp>
#include <ringlet/server/any_handler.hpp>
#include <ringlet/server/detail/peer_limit.hpp>
#include <ringlet/server/server.hpp>

namespace ringlet {

namespace detail {
class bounded_dispatcher;
}  // namespace detail

/// A server of connected streams. For each connection these hooks are called, in this order:
/// `get_request`, `verify_request`, `process_request`, `finish_request` with the handler in it, and
/// then always `shutdown_request` and `close_request`. An exception of a hook goes to
/// `handle_error` and ends its own connection only. But where `get_request` throws before a
/// connection has come, there is no next one, and serving ends.
class stream_server : public server {
public:
    using request_type = stream;

    ~stream_server() override = default;

    /// Whether this client is to be served; if not, its connection is shut down. By default, yes.
    [[nodiscard]] virtual bool verify_request(stream& request, const address& client);

protected:
    /// Binds to `local` and listens, unless the options say otherwise. Throws as listener does.
    stream_server(const address& local, any_handler<stream> handler, const server_options& options);

    /// Takes over a socket that listens already, and is never unlinked. Throws std::system_error if
    /// it cannot be served.
    stream_server(bound_socket listening, any_handler<stream> handler,
                  const server_options& options);

    /// Waits for the next connection. An override must not wait for the client too, since all other
    /// clients would wait with it.
    [[nodiscard]] virtual task<stream> get_request(listener& accepting);

    /// Decides what becomes of a connection. By default it is handed over, to be handled where
    /// `server_options::concurrency` says. An override that does not hand it over has refused it.
    virtual void process_request(accepted<stream> request);

    // The hooks below are called where the connection is handled.

    /// Handles one connection: calls the handler.
    [[nodiscard]] virtual task<> finish_request(stream& request, const address& client);

    /// Ends a connection so that all data sent on it arrives (see
    /// `server_options::linger_timeout`), and calls `close_request`.
    [[nodiscard]] virtual task<> shutdown_request(stream& request);

    /// Closes a connection.
    [[nodiscard]] virtual task<> close_request(stream& request);

private:
    class incoming;
    friend accepted<stream>;

    void activate(bound_socket& bound) const override;
    std::unique_ptr<detail::request_source> open_source(bound_socket& from, bool ahead) override;

    void process(stream&& connection, detail::bounded_dispatcher& handlers) noexcept;
    task<> refuse(stream request, address client);
    task<> serve_request(stream request, address client);
    task<> finish_within_limits(stream& request, const address& client);
    bool begin_linger(stream& request) const noexcept;
    task<> linger_and_close(stream& request);

    any_handler<stream> handler_;
    detail::peer_limit peers_;
};

}  // namespace ringlet
