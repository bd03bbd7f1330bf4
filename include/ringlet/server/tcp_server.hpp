#pragma once

#include <ringlet/server/forking.hpp>
#include <ringlet/server/stream_server.hpp>
#include <ringlet/server/threading.hpp>

namespace ringlet {

/// A TCP server on one event loop: each connection a coroutine, all of them at the same time.
///
///     ringlet::tcp_server server({"127.0.0.1", 9999}, echo);             // a coroutine function
///     ringlet::tcp_server server({"127.0.0.1", 9999}, handler<welcome>);  // a handler class
///     server.serve_forever();
class tcp_server : public stream_server {
public:
    /// Binds to `local`, IPv4 or IPv6, and listens; port 0 takes a free one, see `server_address`.
    /// Throws std::invalid_argument for another kind of address or options that make no sense, and
    /// std::system_error naming the address; then nothing is left open.
    tcp_server(const address& local, any_handler<stream> handler,
               const server_options& options = {});

    /// Takes over a TCP socket that listens already: inherited, or made in a way of your own.
    tcp_server(bound_socket listening, any_handler<stream> handler,
               const server_options& options = {});
};

/// The same in threads, and in child processes.
using threading_tcp_server = threading<tcp_server>;
using forking_tcp_server = forking<tcp_server>;

}  // namespace ringlet
