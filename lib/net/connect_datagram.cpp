#include "net/detail/host_and_port.hpp"
#include "net/detail/valid_options.hpp"

#include <ringlet/net/connect_datagram.hpp>
#include <ringlet/net/resolve.hpp>

#include <system_error>
#include <utility>
#include <vector>

namespace ringlet {

namespace {

/// Opens a socket that is to be connected to `peer`.
socket socket_for(const address& peer, network& net, const datagram_options& options) {
    socket opened = socket::open(net, peer.family(), SOCK_DGRAM);
    if (options.broadcast)  // without which no broadcast address can be connected to
        opened.set_option(SOL_SOCKET, SO_BROADCAST, 1);
    if (peer.family() == AF_UNIX) {
        const sockaddr unnamed{AF_UNIX, {}};
        opened.bind(address::from(&unnamed, sizeof(sa_family_t)));
    }
    return opened;
}

}  // namespace

task<datagram_socket> connect_datagram(address peer, datagram_options options, error_sink error) {
    loop& current = loop::require_current("connect_datagram");
    detail::require_valid(options);
    std::error_code failure;
    try {
        datagram_socket connected(current, socket_for(peer, current.net(), options));
        co_await connected.connect(peer);
        // Only now does the socket have an address, so that no datagram need tell where it came to.
        datagram_socket::apply(options, connected.socket());
        error.clear();
        co_return connected;
    } catch (const std::system_error& refused) {
        failure = refused.code();
    }
    error.report(failure, [&] { return "cannot connect to " + peer.to_string(); });
    co_return datagram_socket(current, bound_socket());
}

task<datagram_socket> connect_datagram(address peer, error_sink error) {
    return connect_datagram(peer, datagram_options(), error);
}

task<datagram_socket> connect_datagram(std::string host, int port, datagram_options options,
                                       error_sink error) {
    const std::vector<address> peers = co_await resolve(std::move(host), port, {}, error);
    std::error_code first_failure;
    for (const address& peer : peers) {
        std::error_code failure;
        datagram_socket connected = co_await connect_datagram(peer, options, failure);
        if (!failure)
            co_return connected;
        if (!first_failure)
            first_failure = failure;
    }
    if (first_failure)
        error.report(first_failure,
                     [&] { return "cannot connect to " + peers.front().to_string(); });
    co_return datagram_socket(bound_socket());
}

task<datagram_socket> detail::connect_datagram_to_text(std::string target, datagram_options options,
                                                       error_sink error) {
    if (target.starts_with(path_prefix))
        co_return co_await connect_datagram(address::parse(target), options, error);
    const auto [host, port] = host_and_port::parse(target);
    co_return co_await connect_datagram(std::string(host), port, options, error);
}

}  // namespace ringlet
