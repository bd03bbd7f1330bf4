#pragma once

#include <ringlet/server/detail/basic_server.hpp>
#include <ringlet/server/forking.hpp>
#include <ringlet/server/threading.hpp>

namespace ringlet {

/// A TCP server on one event loop. It handles all connections at the same time, each in a
/// coroutine. It is bound to an IPv4 or IPv6 address. Port 0 takes a free port, which
/// `server_address` tells.
///
///     ringlet::tcp_server server({"127.0.0.1", 9999}, echo);             // a coroutine function
///     ringlet::tcp_server server({"127.0.0.1", 9999}, handler<welcome>);  // a handler class
///     server.serve_forever();
class tcp_server : public detail::basic_server<detail::transport::tcp> {
public:
    using basic_server::basic_server;
};

/// A TCP server that handles its requests in threads.
using threading_tcp_server = threading<tcp_server>;

/// A TCP server that handles its requests in child processes.
using forking_tcp_server = forking<tcp_server>;

}  // namespace ringlet
