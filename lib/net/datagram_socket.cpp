#include "net/detail/valid_options.hpp"

#include <ringlet/coro/shield.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/net/detail/connect_operation.hpp>

#include <netinet/in.h>
#include <netinet/udp.h>

#include <stdexcept>

namespace ringlet {

void detail::require_valid(const datagram_options& options) {
    if (options.receive_buffer_size < 0 || options.send_buffer_size < 0)
        throw std::invalid_argument("datagram_options: the size of a buffer must be 0 or more");
    detail::require_valid(options.binding);
}

bound_socket datagram_socket::open(network& net, const address& local,
                                   const datagram_options& options) {
    bound_socket opened = bound_socket::open(net, local, SOCK_DGRAM, options.binding);
    apply(options, opened.socket());
    return opened;
}

void datagram_socket::apply(const datagram_options& options, ringlet::socket& opened) {
    detail::require_valid(options);
    detail::packet_info_control::want_if_wildcard(opened);
    if (options.broadcast)
        opened.set_option(SOL_SOCKET, SO_BROADCAST, 1);
    if (options.receive_bursts && opened.get_option<int>(SOL_SOCKET, SO_PROTOCOL) == IPPROTO_UDP)
        opened.set_option(IPPROTO_UDP, UDP_GRO, 1);
    if (options.receive_buffer_size > 0)
        opened.set_option(SOL_SOCKET, SO_RCVBUF, options.receive_buffer_size);
    if (options.send_buffer_size > 0)
        opened.set_option(SOL_SOCKET, SO_SNDBUF, options.send_buffer_size);
}

task<> datagram_socket::connect(address peer, error_sink error) {
    const std::error_code failure = co_await detail::connect_operation(
        *core_, socket_.native_handle(), peer.data(), peer.size());
    error.report(failure, [&] { return "cannot connect to " + peer.to_string(); });
}

task<> datagram_socket::close() {
    const shield closing(owner());
    while (!pending_.empty()) {
        pending_.cancel();  // in a later round: operations that cancelled coroutines have begun
        co_await pending_.settled(*core_);
    }
    socket_ = bound_socket();
}

void datagram_socket::set_broadcast(bool on) {
    socket_.socket().set_option(SOL_SOCKET, SO_BROADCAST, int{on});
}

void datagram_socket::set_receive_buffer_size(int bytes) {
    socket_.socket().set_option(SOL_SOCKET, SO_RCVBUF, bytes);
}

void datagram_socket::set_send_buffer_size(int bytes) {
    socket_.socket().set_option(SOL_SOCKET, SO_SNDBUF, bytes);
}

int datagram_socket::protocol() noexcept {
    socklen_t size = sizeof(protocol_);
    if (protocol_ < 0)
        core_->net().get_option(socket_.native_handle(), SOL_SOCKET, SO_PROTOCOL, &protocol_,
                                &size);
    return protocol_;
}

bound_socket datagram_socket::release() noexcept {
    detail::check(pending_.empty(),
                  "a socket was given away while an operation on it was pending; await "
                  "the operation first");
    return std::move(socket_);
}

}  // namespace ringlet
