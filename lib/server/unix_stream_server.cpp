#include "server/detail/require_family.hpp"

#include <ringlet/server/unix_stream_server.hpp>

namespace ringlet {

unix_stream_server::unix_stream_server(const address& local, any_handler<stream> handler,
                                       const server_options& options)
    : stream_server(detail::require_unix(local, "unix_stream_server"), std::move(handler),
                    options) {}

unix_stream_server::unix_stream_server(bound_socket listening, any_handler<stream> handler,
                                       const server_options& options)
    : stream_server((detail::require_unix(listening.local_address(), "unix_stream_server"),
                     std::move(listening)),
                    std::move(handler), options) {}

}  // namespace ringlet
