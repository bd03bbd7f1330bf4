#include "server/detail/require_family.hpp"

#include <ringlet/server/tcp_server.hpp>

namespace ringlet {

tcp_server::tcp_server(const address& local, any_handler<stream> handler,
                       const server_options& options)
    : stream_server(detail::require_ip(local, "tcp_server"), std::move(handler), options) {}

tcp_server::tcp_server(bound_socket listening, any_handler<stream> handler,
                       const server_options& options)
    : stream_server(
          (detail::require_ip(listening.local_address(), "tcp_server"), std::move(listening)),
          std::move(handler), options) {}

}  // namespace ringlet
