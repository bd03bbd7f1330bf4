#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/datagram_socket.hpp>

#include <string>
#include <string_view>

namespace ringlet {

namespace detail {
[[nodiscard]] task<datagram_socket>
connect_datagram_to_text(std::string target, datagram_options options, error_sink error);
}  // namespace detail

/// Opens a datagram socket that asks one peer, `peer`, and takes its answers, over UDP or a Unix
/// socket; the socket lives in the loop that runs in this thread. It sends to that peer and
/// receives from nobody else. A Unix socket gets a name that the system chooses, to be answered at.
/// Of `options`, `binding` has no effect.
///
///     ringlet::datagram_socket clock = co_await ringlet::connect_datagram(peer);
///     co_await clock.send("what time is it?");
///     const auto got = co_await ringlet::with_timeout(2s, clock.recv(buffer));
///
/// UDP asks nobody when it connects. That nobody receives at the peer is known from the next
/// operations, of which one fails with connection_refused (ICMP); that nothing comes, only by a
/// deadline of one's own. Throws std::system_error that names the peer, such as
/// network_unreachable; or stores the error in `error`, and then yields a socket that is not open.
/// Throws std::invalid_argument for options out of range. connect(2), udp(7), unix(7).
[[nodiscard]] task<datagram_socket> connect_datagram(address peer, datagram_options options = {},
                                                     error_sink error = throws);

/// Opens a datagram socket that asks `peer`, with the default options, as the other form does, and
/// stores the error in `error`.
[[nodiscard]] task<datagram_socket> connect_datagram(address peer, error_sink error);

/// Opens a datagram socket that asks `host`, a name or an IP address: at the first of its
/// addresses, in the resolver's order, to which this machine has a route. A name is looked up as
/// `resolve` does, without blocking the loop.
///
/// Throws what `resolve` throws, and std::system_error that names the address that was tried first;
/// or stores the error in `error`, and then yields a socket that is not open. Throws
/// std::invalid_argument for a malformed host, a port that is not 0 to 65535, or options out of
/// range.
[[nodiscard]] task<datagram_socket> connect_datagram(std::string host, int port,
                                                     datagram_options options = {},
                                                     error_sink error = throws);

/// Opens a datagram socket that asks `target`, as in `connect_datagram("example.org:53")`: the host
/// and port, or a Unix socket where the text is `unix:PATH`. It is written as address::parse wants
/// it, but the host may be a name, which is looked up. Throws, or stores the error in `error`, as
/// the form for a host and port does; throws std::invalid_argument also where the port is missing.
template <detail::address_text Text>
[[nodiscard]] task<datagram_socket>
connect_datagram(const Text& target, datagram_options options = {}, error_sink error = throws) {
    return detail::connect_datagram_to_text(std::string(std::string_view(target)), options, error);
}

/// Opens a datagram socket that asks `target`, with the default options, as the other form does,
/// and stores the error in `error`.
template <detail::address_text Text>
[[nodiscard]] task<datagram_socket> connect_datagram(const Text& target, error_sink error) {
    return detail::connect_datagram_to_text(std::string(std::string_view(target)), {}, error);
}

}  // namespace ringlet
