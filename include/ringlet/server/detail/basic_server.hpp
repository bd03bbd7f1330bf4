#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/any_handler.hpp>
#include <ringlet/server/datagram_server.hpp>
#include <ringlet/server/server_options.hpp>
#include <ringlet/server/stream_server.hpp>

#include <type_traits>
#include <utility>

namespace ringlet::detail {

enum class transport { tcp, udp, unix_stream, unix_datagram };

/// `local`, if it is an address of the transport `over`. Throws std::invalid_argument that names
/// the address and the form that the transport needs.
const address& require_address(const address& local, transport over);

/// `inherited`, if it is no socket or one of the transport `over`. Throws std::invalid_argument
/// that names its address and the form that the transport needs.
named_socket require_socket(named_socket inherited, transport over);

/// A server of one transport: the common part of tcp_server, udp_server, unix_stream_server and
/// unix_datagram_server.
template <transport Over>
class basic_server
    : public std::conditional_t<Over == transport::tcp || Over == transport::unix_stream,
                                stream_server, datagram_server> {
    using base = std::conditional_t<Over == transport::tcp || Over == transport::unix_stream,
                                    stream_server, datagram_server>;

public:
    /// Makes a server that binds to `local`, and listens where the transport has connections.
    /// Throws std::invalid_argument for an address of another transport or options that make no
    /// sense, and std::system_error that names the address; no descriptor is left open then.
    basic_server(const address& local, any_handler<typename base::request_type> handler,
                 const server_options& options = {})
        : base(require_address(local, Over), std::move(handler), options) {}

    /// Makes a server that takes over a socket that clients can reach already, inherited or made by
    /// the caller. Throws std::system_error that names the reason where the socket cannot be
    /// served.
    basic_server(bound_socket adopted, any_handler<typename base::request_type> handler,
                 const server_options& options = {})
        : base((require_address(adopted.local_address(), Over), std::move(adopted)),
               std::move(handler), options) {}

    /// Makes a server that takes over `inherited`, a socket that clients can reach already, as
    /// systemd or a predecessor of this program hands it over; where `inherited` is no socket, the
    /// server binds to `otherwise`. Its name is that of `inherited`. Throws as the constructors
    /// above do.
    ///
    ///     ringlet::tcp_server server(inherited.take("web"), {"0.0.0.0", 8080}, echo);
    basic_server(named_socket inherited, const address& otherwise,
                 any_handler<typename base::request_type> handler,
                 const server_options& options = {})
        : base(require_socket(std::move(inherited), Over), require_address(otherwise, Over),
               std::move(handler), options) {}
};

}  // namespace ringlet::detail
