#include <ringlet/loop/connect_operation.hpp>
#include <ringlet/net/connect.hpp>

#include <netinet/tcp.h>

namespace ringlet {

task<stream> connect(address peer, std::error_code& error) {
    loop& current = loop::require_current("connect");
    socket made;
    try {
        made = socket::open(current.net(), peer.family(), SOCK_STREAM);
        if (peer.family() != AF_UNIX)
            made.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
    } catch (const std::system_error& refused) {
        error = refused.code();
        co_return stream(current, socket());
    }
    error = co_await connect_operation(current, made.native_handle(), peer.data(), peer.size());
    co_return stream(current, error ? socket() : std::move(made));
}

task<stream> connect(address peer) {
    std::error_code error;
    stream connected = co_await connect(peer, error);
    if (error)
        throw std::system_error(error, "cannot connect to " + peer.to_string());
    co_return connected;
}

}  // namespace ringlet
