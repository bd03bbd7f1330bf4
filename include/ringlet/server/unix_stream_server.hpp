#pragma once

#include <ringlet/server/detail/basic_server.hpp>
#include <ringlet/server/forking.hpp>
#include <ringlet/server/threading.hpp>

namespace ringlet {

/// A server of streams on a Unix socket. Its address is a path or a name in the abstract namespace.
/// See bind_options, which is `server_options::listening.binding`, for the fate of the path.
///
///     ringlet::unix_stream_server server(ringlet::address::unix_path("/run/my.sock"), echo);
class unix_stream_server : public detail::basic_server<detail::transport::unix_stream> {
public:
    using basic_server::basic_server;
};

/// A Unix stream server that handles its requests in threads.
using threading_unix_stream_server = threading<unix_stream_server>;

/// A Unix stream server that handles its requests in child processes.
using forking_unix_stream_server = forking<unix_stream_server>;

}  // namespace ringlet
