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

/// `local`, if it is an address of this transport. Throws std::invalid_argument, saying what it is
/// instead.
const address& require_address(const address& local, transport over);

/// A server of one transport: what the four names have in common.
template <transport Over>
class basic_server
    : public std::conditional_t<Over == transport::tcp || Over == transport::unix_stream,
                                stream_server, datagram_server> {
    using base = std::conditional_t<Over == transport::tcp || Over == transport::unix_stream,
                                    stream_server, datagram_server>;

public:
    /// Binds to `local`, and listens where the transport has connections. Throws
    /// std::invalid_argument for an address of another transport or options that make no sense, and
    /// std::system_error naming the address; then nothing is left open.
    basic_server(const address& local, any_handler<typename base::request_type> handler,
                 const server_options& options = {})
        : base(require_address(local, Over), std::move(handler), options) {}

    /// Takes over a socket that clients can reach already: inherited, or made by the caller. Throws
    /// std::system_error, saying why, where it cannot be served.
    basic_server(bound_socket adopted, any_handler<typename base::request_type> handler,
                 const server_options& options = {})
        : base((require_address(adopted.local_address(), Over), std::move(adopted)),
               std::move(handler), options) {}
};

}  // namespace ringlet::detail
