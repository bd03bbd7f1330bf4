#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/daemon/address_prefix.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/server/datagram_request.hpp>

#include <cstddef>
#include <vector>

namespace ringlet::daemon {

/// Who may say whose connection this is, and how much.
struct proxy_options {
    /// The networks of the proxies. A client of any other network is refused before its first byte
    /// is read, since it could claim to be anybody.
    std::vector<address_prefix> trusted = {};

    /// Whether clients of Unix sockets are trusted; file permissions may say who they can be.
    bool trust_unix = false;

    /// The number of bytes that a header of version 2 may have. A line of version 1 has 107 at
    /// most.
    std::size_t header_bytes_max = 4096;

    /// The number of TLVs that a header of version 2 may have; padding does not count.
    std::size_t tlvs_max = 64;
};

/// What a server behind a proxy does before its handler: it reads the header of the PROXY protocol,
/// of either version, with which each connection and each datagram begins, and has the client's
/// address be the one that the header names.
///
///     options.establish = {ringlet::daemon::proxy({.trusted = {"10.0.0.0/8", "::1"}}),
///                          ringlet::tls::handshake(context)};
///
/// The header is never optional: a server that took connections with and without it would let a
/// client without one say what it likes. So anything but a whole, right header of a trusted client
/// ends the connection with a reset, or drops the datagram. The time for it is
/// `server_options::establish_timeout`.
///
/// From the stream it takes the bytes of the header alone, so that what follows, be it TLS, is read
/// as if nothing had been before it. Where the proxy knows no client, or speaks for itself (LOCAL,
/// UNKNOWN), the client's address stays that of the proxy. `proxied` tells a handler all that the
/// header says.
///
/// https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt
class proxy {
public:
    /// The name of the step in counts and reports.
    static constexpr const char* name = "proxy";

    /// Makes a step for the clients of certain networks. Throws std::invalid_argument for options
    /// that trust nobody, or limits that no header keeps.
    explicit proxy(proxy_options options);

    /// Reads the header from `connection`, and corrects `client`. It works on any stream: on a
    /// socket, or inside TLS where that step comes first. Throws std::system_error with an error of
    /// proxy_errc, and the connection is closed then; or with the stream's own error.
    [[nodiscard]] task<> operator()(stream& connection, address& client) const;

    /// Takes the header, which is of version 2, off the packet of `request`, and corrects `client`.
    /// Replies go to the sender, which is the proxy. Throws std::system_error with an error of
    /// proxy_errc.
    [[nodiscard]] task<> operator()(datagram_request& request, address& client) const;

private:
    [[nodiscard]] bool trusts(const address& client) const noexcept;

    proxy_options options_;
};

}  // namespace ringlet::daemon
