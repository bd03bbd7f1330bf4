#pragma once

#include <ringlet/server/detail/basic_server.hpp>
#include <ringlet/server/forking.hpp>
#include <ringlet/server/threading.hpp>

namespace ringlet {

/// A TCP server on one event loop: each connection a coroutine, all of them at the same time. It is
/// bound to an IPv4 or IPv6 address; port 0 takes a free one, see `server_address`.
///
///     ringlet::tcp_server server({"127.0.0.1", 9999}, echo);             // a coroutine function
///     ringlet::tcp_server server({"127.0.0.1", 9999}, handler<welcome>);  // a handler class
///     server.serve_forever();
class tcp_server : public detail::basic_server<detail::transport::tcp> {
public:
    using basic_server::basic_server;
};

/// A TCP server whose requests are handled in threads.
using threading_tcp_server = threading<tcp_server>;

/// A TCP server whose requests are handled in child processes.
using forking_tcp_server = forking<tcp_server>;

}  // namespace ringlet
