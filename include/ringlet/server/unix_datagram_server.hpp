#pragma once

#include <ringlet/server/datagram_server.hpp>
#include <ringlet/server/forking.hpp>
#include <ringlet/server/threading.hpp>

namespace ringlet {

/// A server of datagrams on a Unix socket: a path, or a name in the abstract namespace. A client
/// that is to be answered binds its own socket too. See bind_options,
/// `server_options::datagrams.binding`, for what becomes of the path.
///
///     ringlet::unix_datagram_server server(ringlet::address::unix_path("/run/my.sock"), echo);
class unix_datagram_server : public datagram_server {
public:
    /// Binds to `local`. Throws std::invalid_argument for another kind of address or options that
    /// make no sense, and std::system_error naming the address; then nothing is left open.
    unix_datagram_server(const address& local, any_handler<datagram_request> handler,
                         const server_options& options = {});

    /// Takes over a socket that has its address already.
    unix_datagram_server(bound_socket adopted, any_handler<datagram_request> handler,
                         const server_options& options = {});
};

/// The same in threads, and in child processes.
using threading_unix_datagram_server = threading<unix_datagram_server>;
using forking_unix_datagram_server = forking<unix_datagram_server>;

}  // namespace ringlet
