#pragma once

#include <ringlet/server/datagram_server.hpp>
#include <ringlet/server/forking.hpp>
#include <ringlet/server/threading.hpp>

namespace ringlet {

/// A UDP server on one event loop: each datagram a coroutine.
///
///     ringlet::udp_server server({"127.0.0.1", 9999}, echo);
class udp_server : public datagram_server {
public:
    /// Binds to `local`. Throws std::invalid_argument for another kind of address or options that
    /// make no sense, and std::system_error naming the address; then nothing is left open.
    udp_server(const address& local, any_handler<datagram_request> handler,
               const server_options& options = {});

    /// Takes over a socket that has its address already.
    udp_server(bound_socket adopted, any_handler<datagram_request> handler,
               const server_options& options = {});
};

/// The same in threads, and in child processes.
using threading_udp_server = threading<udp_server>;
using forking_udp_server = forking<udp_server>;

}  // namespace ringlet
