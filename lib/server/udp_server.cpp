#include "server/detail/require_family.hpp"

#include <ringlet/server/udp_server.hpp>

namespace ringlet {

udp_server::udp_server(const address& local, any_handler<datagram_request> handler,
                       const server_options& options)
    : datagram_server(detail::require_ip(local, "udp_server"), std::move(handler), options) {}

udp_server::udp_server(bound_socket adopted, any_handler<datagram_request> handler,
                       const server_options& options)
    : datagram_server(
          (detail::require_ip(adopted.local_address(), "udp_server"), std::move(adopted)),
          std::move(handler), options) {}

}  // namespace ringlet
