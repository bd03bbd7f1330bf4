#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/tls/server_context.hpp>

#include <utility>

namespace ringlet::tls {

/// What a server does with a client before its handler, to speak TLS with it: a callable that
/// replaces the plain stream of a client by one that speaks TLS.
///
///     options.establish = {ringlet::tls::handshake(context)};
class handshake {
public:
    /// The name of the step in counts and reports.
    static constexpr const char* name = "tls";

    /// Makes a step for connections of `context`.
    explicit handshake(server_context context) : context_(std::move(context)) {}

    /// Makes the handshake on `connection`, and has it speak TLS then. The client's address stays.
    /// Where the handshake fails, the client is told why, the connection is closed, and it throws
    /// as `upgrade` does.
    [[nodiscard]] task<> operator()(stream& connection, address& client) const;

private:
    server_context context_;
};

}  // namespace ringlet::tls
