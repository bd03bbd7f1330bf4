#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/tls/client_context.hpp>
#include <ringlet/tls/server_context.hpp>

#include <string>

namespace ringlet::tls {

/// Has a client speak TLS on the stream `plain` from now on, for protocols that begin without it
/// (STARTTLS) and for streams of any kind. `host` is whom the client wants: the server is asked for
/// it, and must prove with its certificate that it is this host, a name or an IP address. Yields
/// the stream that speaks TLS, which owns `plain`.
///
/// The handshake takes as long as the context allows. Where it fails, the server is told why, and
/// the connection is closed; then it throws std::system_error with an error of tls::errc,
/// timed_out, or what the stream reports; or stores the error in `error`, and yields a stream that
/// is not open. Throws std::invalid_argument at once for a host that is empty or none, unless the
/// context accepts any certificate and the host is empty. No operation may be pending on `plain`.
[[nodiscard]] task<stream> upgrade(stream plain, const client_context& context,
                                   const std::string& host, error_sink error = throws);

/// Has a server speak TLS on the stream `plain` from now on. Yields the stream that speaks TLS,
/// which owns `plain`.
///
/// The handshake takes as long as the context allows. Where it fails, the client is told why, and
/// the connection is closed; then it throws std::system_error with an error of tls::errc,
/// timed_out, or what the stream reports; or stores the error in `error`, and yields a stream that
/// is not open. No operation may be pending on `plain`.
[[nodiscard]] task<stream> upgrade(stream plain, const server_context& context,
                                   error_sink error = throws);

}  // namespace ringlet::tls
