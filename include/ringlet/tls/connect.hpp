#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/tls/client_context.hpp>

#include <string>

namespace ringlet::tls {

/// Connects to `host`, a name or an IP address, as ringlet::connect does, and speaks TLS there: the
/// server must prove with its certificate that it is this host. The stream lives in the loop that
/// runs in this thread.
///
///     const ringlet::tls::client_context context;
///     auto server = co_await ringlet::tls::connect("example.org", 443, context);
///
/// The connection may take as long as `options` allow, and the handshake as long as the context
/// allows. Throws std::system_error: what ringlet::connect reports, an error of tls::errc, or
/// timed_out; or stores the error in `error`, and then yields a stream that is not open. Throws
/// std::invalid_argument for what is no host, and as ringlet::connect does.
[[nodiscard]] task<stream> connect(std::string host, int port, const client_context& context,
                                   connect_options options = {}, error_sink error = throws);

}  // namespace ringlet::tls
