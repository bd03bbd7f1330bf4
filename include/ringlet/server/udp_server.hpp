#pragma once

#include <ringlet/server/detail/basic_server.hpp>
#include <ringlet/server/forking.hpp>
#include <ringlet/server/threading.hpp>

namespace ringlet {

/// A UDP server on one event loop. It handles each datagram in a coroutine. It is bound to an IPv4
/// or IPv6 address.
///
///     ringlet::udp_server server({"127.0.0.1", 9999}, echo);
class udp_server : public detail::basic_server<detail::transport::udp> {
public:
    using basic_server::basic_server;
};

/// A UDP server that handles its requests in threads.
using threading_udp_server = threading<udp_server>;

/// A UDP server that handles its requests in child processes.
using forking_udp_server = forking<udp_server>;

}  // namespace ringlet
