#include "server/detail/require_family.hpp"

#include <ringlet/server/unix_datagram_server.hpp>

namespace ringlet {

unix_datagram_server::unix_datagram_server(const address& local,
                                           any_handler<datagram_request> handler,
                                           const server_options& options)
    : datagram_server(detail::require_unix(local, "unix_datagram_server"), std::move(handler),
                      options) {}

unix_datagram_server::unix_datagram_server(bound_socket adopted,
                                           any_handler<datagram_request> handler,
                                           const server_options& options)
    : datagram_server((detail::require_unix(adopted.local_address(), "unix_datagram_server"),
                       std::move(adopted)),
                      std::move(handler), options) {}

}  // namespace ringlet
