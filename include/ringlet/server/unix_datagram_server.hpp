#pragma once

#include <ringlet/server/detail/basic_server.hpp>
#include <ringlet/server/forking.hpp>
#include <ringlet/server/threading.hpp>

namespace ringlet {

/// A server of datagrams on a Unix socket. Its address is a path or a name in the abstract
/// namespace. A client that wants an answer binds its own socket too. See bind_options, which is
/// `server_options::datagrams.binding`, for the fate of the path.
///
///     ringlet::unix_datagram_server server(ringlet::address::unix_path("/run/my.sock"), echo);
class unix_datagram_server : public detail::basic_server<detail::transport::unix_datagram> {
public:
    using basic_server::basic_server;
};

/// A Unix datagram server that handles its requests in threads.
using threading_unix_datagram_server = threading<unix_datagram_server>;

/// A Unix datagram server that handles its requests in child processes.
using forking_unix_datagram_server = forking<unix_datagram_server>;

}  // namespace ringlet
