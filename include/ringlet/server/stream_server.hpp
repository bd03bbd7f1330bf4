#pragma once

#include <ringlet/net/bound_socket.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/server/accepted.hpp>
#include <ringlet/server/any_handler.hpp>
#include <ringlet/server/detail/peer_limit.hpp>
#include <ringlet/server/server.hpp>

#include <atomic>
#include <cstddef>

namespace ringlet {

namespace detail {
class bounded_dispatcher;
}  // namespace detail

/// A server of connected streams. For each connection it calls these hooks, in this order:
/// `get_request`, `process_request`, the steps of `server_options::establish`, `verify_request`,
/// `finish_request`, which calls the handler, and then always `shutdown_request` and
/// `close_request`. An exception of a hook goes to
/// `handle_error` and ends its own connection only. But serving ends where `get_request` throws
/// before a connection has come.
class stream_server : public server {
public:
    using request_type = stream;

    /// The limit for which a client is refused: `at_maximum` of the server is `refuse` and the
    /// server is full, or the client has `max_connections_per_peer` already.
    enum class refusal { server_is_full, peer_has_too_many };

    ~stream_server() override = default;

protected:
    /// Makes a server that binds to `local` and listens, unless the options say otherwise. Throws
    /// as listener does.
    stream_server(const address& local, any_handler<stream> handler, const server_options& options);

    /// Makes a server that takes over a socket that listens already. The server never unlinks the
    /// socket's path. Throws std::system_error if the socket cannot be served.
    stream_server(bound_socket listening, any_handler<stream> handler,
                  const server_options& options);

    /// Makes a server that takes over the socket `inherited`, with the options that concern how it
    /// listens; or, where it is none, a server at `otherwise`. Throws as the other constructors do.
    stream_server(named_socket inherited, const address& otherwise, any_handler<stream> handler,
                  const server_options& options);

    /// Waits for the next connection. An override must not wait for the client as well, since all
    /// other clients would wait with it.
    [[nodiscard]] virtual task<stream> get_request(listener& accepting);

    /// Decides the fate of a connection. By default it hands the connection over, to be handled
    /// where `server_options::concurrency` says. An override that does not hand the connection over
    /// refuses it.
    virtual void process_request(accepted<stream> request);

    /// Tells a client why it is refused, before the server closes the connection. By default it
    /// says nothing. The server calls the hook in the loop that accepts, for `refusals_max` clients
    /// at a time, and each call has `refusal_timeout`.
    [[nodiscard]] virtual task<> refuse_request(stream& request, const address& client,
                                                refusal why);

    // The server calls the hooks below in the thread or process that handles the connection.

    /// Yields whether the server serves this client; if not, it counts the client as refused and
    /// closes the connection. The hook may ask others and tell the client why; it has
    /// `verify_timeout`. By default the server serves every client.
    [[nodiscard]] virtual task<bool> verify_request(stream& request, const address& client);

    /// Handles one connection by calling the handler.
    [[nodiscard]] virtual task<> finish_request(stream& request, const address& client);

    /// Ends a connection so that all data sent on it arrives, and calls `close_request`. See
    /// `server_options::linger_timeout`.
    [[nodiscard]] virtual task<> shutdown_request(stream& request);

    /// Closes a connection.
    [[nodiscard]] virtual task<> close_request(stream& request);

private:
    class incoming;
    friend accepted<stream>;

    void activate(bound_socket& bound) const override;
    std::unique_ptr<detail::request_source> open_source(bound_socket& from, bool ahead) override;

    bool refuses_at_maximum() const noexcept override;
    void process(stream&& connection, detail::bounded_dispatcher& handlers) noexcept;
    void refuse(stream&& connection, const address& client, detail::bounded_dispatcher& handlers,
                refusal why);
    task<> refuse_and_close(stream request, address client, refusal why);
    task<> serve_request(stream request, address client);
    task<bool> establish(stream& request, address& client);
    task<bool> verify(stream& request, const address& client);
    task<> finish_within_limits(stream& request, const address& client);
    bool must_linger(const stream& request) const noexcept;
    task<> linger_and_close(stream& request);

    any_handler<stream> handler_;
    detail::peer_limit peers_;
    std::atomic<std::size_t> establishing_ = 0;
};

}  // namespace ringlet
