#pragma once

#include <ringlet/server/detail/basic_server.hpp>
#include <ringlet/server/forking.hpp>
#include <ringlet/server/threading.hpp>

namespace ringlet {

/// A server of datagrams on a Unix socket: a path, or a name in the abstract namespace. A client
/// that is to be answered binds its own socket too. See bind_options,
/// `server_options::datagrams.binding`, for what becomes of the path.
///
///     ringlet::unix_datagram_server server(ringlet::address::unix_path("/run/my.sock"), echo);
class unix_datagram_server : public detail::basic_server<detail::transport::unix_datagram> {
public:
    using basic_server::basic_server;
};

/// A Unix datagram server whose requests are handled in threads.
using threading_unix_datagram_server = threading<unix_datagram_server>;

/// A Unix datagram server whose requests are handled in child processes.
using forking_unix_datagram_server = forking<unix_datagram_server>;

}  // namespace ringlet
