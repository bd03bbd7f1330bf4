#pragma once

#include <ringlet/server/forking.hpp>
#include <ringlet/server/stream_server.hpp>
#include <ringlet/server/threading.hpp>

namespace ringlet {

/// A server of streams on a Unix socket: a path, or a name in the abstract namespace. See
/// bind_options, `server_options::listening.binding`, for what becomes of the path.
///
///     ringlet::unix_stream_server server(ringlet::address::unix_path("/run/my.sock"), echo);
class unix_stream_server : public stream_server {
public:
    /// Binds to `local` and listens. Throws std::invalid_argument for another kind of address or
    /// options that make no sense, and std::system_error naming the address; then nothing is left
    /// open or behind.
    unix_stream_server(const address& local, any_handler<stream> handler,
                       const server_options& options = {});

    /// Takes over a Unix socket that listens already; its path stays.
    unix_stream_server(bound_socket listening, any_handler<stream> handler,
                       const server_options& options = {});
};

/// The same in threads, and in child processes.
using threading_unix_stream_server = threading<unix_stream_server>;
using forking_unix_stream_server = forking<unix_stream_server>;

}  // namespace ringlet
