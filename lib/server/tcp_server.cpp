#include <ringlet/server/tcp_server.hpp>

#include <stdexcept>

namespace ringlet {

namespace {

const address& require_ip(const address& local) {
    if (local.family() != AF_INET && local.family() != AF_INET6)
        throw std::invalid_argument("tcp_server: \"" + local.to_string() +
                                    "\" is no IP address; write HOST:PORT, as in 127.0.0.1:9999");
    return local;
}

}  // namespace

tcp_server::tcp_server(const address& local, connection_handler handler,
                       const server_options& options)
    : stream_server(require_ip(local), std::move(handler), options) {}

}  // namespace ringlet
