#pragma once

#include <ringlet/daemon/proxy_header.hpp>

namespace ringlet {
class datagram_request;
class stream;
}  // namespace ringlet

namespace ringlet::daemon {

/// The header that a proxy has sent before the first byte of the connection `client`; nullptr where
/// the server has no `daemon::proxy` among its steps. It may be that of a stream below: TLS, which
/// stands on another stream, changes nothing. Lifetime: that of the stream.
[[nodiscard]] const proxy_header* proxied(const stream& client) noexcept;

/// The header that a proxy has put before a datagram; nullptr where the server has no
/// `daemon::proxy` among its steps. Lifetime: that of the request.
[[nodiscard]] const proxy_header* proxied(const datagram_request& client) noexcept;

}  // namespace ringlet::daemon
