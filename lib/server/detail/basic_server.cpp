#include <ringlet/server/detail/basic_server.hpp>

#include <stdexcept>
#include <string>

namespace ringlet::detail {

namespace {

const char* name_of(transport over) noexcept {
    switch (over) {
    case transport::tcp:
        return "tcp_server";
    case transport::udp:
        return "udp_server";
    case transport::unix_stream:
        return "unix_stream_server";
    default:
        return "unix_datagram_server";
    }
}

}  // namespace

const address& require_address(const address& local, transport over) {
    const bool of_unix = over == transport::unix_stream || over == transport::unix_datagram;
    const int family = local.family();
    if (of_unix ? family == AF_UNIX : family == AF_INET || family == AF_INET6)
        return local;
    throw std::invalid_argument(std::string(name_of(over)) + ": \"" + local.to_string() + "\" is " +
                                (of_unix
                                     ? "no Unix socket; write unix:PATH, as in unix:/run/my.sock"
                                     : "no IP address; write HOST:PORT, as in 127.0.0.1:9999"));
}

named_socket require_socket(named_socket inherited, transport over) {
    if (inherited.socket.is_open())
        require_address(inherited.socket.local_address(), over);
    return inherited;
}

}  // namespace ringlet::detail
