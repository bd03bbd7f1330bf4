#include <ringlet/coro/shield.hpp>
#include <ringlet/loop/close_operation.hpp>
#include <ringlet/loop/connect_operation.hpp>
#include <ringlet/loop/yield_operation.hpp>
#include <ringlet/net/datagram_socket.hpp>

#include <stdexcept>

namespace ringlet {

socket datagram_socket::open(network& net, const address& local, const datagram_options& options) {
    if (local.family() == AF_UNSPEC)
        throw std::invalid_argument("datagram_socket: the address to bind to is missing");
    if (options.receive_buffer_size < 0 || options.send_buffer_size < 0)
        throw std::invalid_argument("datagram_options: the size of a buffer must be 0 or more");
    try {
        ringlet::socket made = ringlet::socket::open(net, local.family(), SOCK_DGRAM);
        if (local.family() != AF_UNIX) {
            made.set_option(SOL_SOCKET, SO_REUSEADDR, int{options.reuse_address});
            made.set_option(SOL_SOCKET, SO_REUSEPORT, int{options.reuse_port});
            made.set_option(SOL_SOCKET, SO_BROADCAST, int{options.broadcast});
        }
        if (local.family() == AF_INET6)
            made.set_option(IPPROTO_IPV6, IPV6_V6ONLY, int{options.v6_only});
        if (options.receive_buffer_size > 0)
            made.set_option(SOL_SOCKET, SO_RCVBUF, options.receive_buffer_size);
        if (options.send_buffer_size > 0)
            made.set_option(SOL_SOCKET, SO_SNDBUF, options.send_buffer_size);
        made.bind(local);
        return made;
    } catch (const std::system_error& error) {
        throw std::system_error(error.code(), "cannot bind to " + local.to_string());
    }
}

task<> datagram_socket::connect(address peer, std::error_code& error) {
    error = co_await connect_operation(*loop_, socket_.native_handle(), peer.data(), peer.size());
}

task<> datagram_socket::connect(address peer) {
    std::error_code error;
    co_await connect(peer, error);
    if (error)
        throw std::system_error(error, "cannot connect to " + peer.to_string());
}

task<> datagram_socket::close() {
    const shield uncancelled(*loop_);
    while (!pending_.empty()) {
        pending_.cancel();  // and what those begin who are told
        co_await yield_operation(*loop_);
    }
    if (is_open())  // whatever close(2) reports, the descriptor is gone
        static_cast<void>(co_await close_operation(*loop_, socket_.release()));
}

void datagram_socket::set_broadcast(bool on) {
    socket_.set_option(SOL_SOCKET, SO_BROADCAST, int{on});
}

void datagram_socket::set_receive_buffer_size(int bytes) {
    socket_.set_option(SOL_SOCKET, SO_RCVBUF, bytes);
}

void datagram_socket::set_send_buffer_size(int bytes) {
    socket_.set_option(SOL_SOCKET, SO_SNDBUF, bytes);
}

ringlet::socket datagram_socket::release() noexcept {
    check(pending_.empty(), "a socket was given away while an operation on it was pending; await "
                            "the operation first");
    return std::move(socket_);
}

}  // namespace ringlet
