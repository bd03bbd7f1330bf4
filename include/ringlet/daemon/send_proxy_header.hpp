#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/daemon/proxy_header.hpp>
#include <ringlet/net/address.hpp>

#include <string>

namespace ringlet {
class stream;
}  // namespace ringlet

namespace ringlet::daemon {

/// The bytes of a header, in its version: what a proxy sends first on a connection, or puts at the
/// front of a datagram, where only version 2 may be. Throws std::length_error for more TLVs than a
/// header has room for.
///
/// Addresses of both IPv4 and IPv6 go as IPv6. What the version cannot say goes as unknown: a
/// client without an address or without a destination, an IP address beside a Unix socket, and in
/// version 1 a Unix socket or datagrams. Version 1 leaves the TLVs out. Where the header has a TLV
/// of the type `proxy_tlv::crc32c`, its value is the checksum, whatever it was before.
[[nodiscard]] std::string proxy_bytes(const proxy_header& header);

/// Sends a header, as the first bytes of the connection `to`, to a server that has to know whose
/// connection it is. Throws as `proxy_bytes` at once; awaiting it throws std::system_error, or
/// stores the error in `error`, as `stream::send_all` does.
///
///     ringlet::stream server = co_await ringlet::connect(backend);
///     co_await ringlet::daemon::send_proxy_header(server, proxy_header_of(client, from));
///     co_await ringlet::relay(client, server);
[[nodiscard]] task<> send_proxy_header(stream& to, const proxy_header& header,
                                       error_sink error = throws);

/// The header with which a forwarder passes on the connection `client` of a server: from the
/// client's address, `from`, to where the client connected, which is what an earlier proxy has said
/// or else this end of the connection. It has no TLVs. Throws std::system_error.
[[nodiscard]] proxy_header proxy_header_of(const stream& client, const address& from);

}  // namespace ringlet::daemon
