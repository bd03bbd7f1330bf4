#pragma once

#include <ringlet/tls/session.hpp>

#include <openssl/types.h>

#include <string_view>

namespace ringlet::tls::detail {

/// The protocol that ALPN has chosen for a connection whose handshake is over; empty for none.
/// Lifetime: that of the connection.
[[nodiscard]] std::string_view protocol_of(const SSL& connection) noexcept;

/// What was agreed on a connection whose handshake is over.
[[nodiscard]] session describe(const SSL& connection);

}  // namespace ringlet::tls::detail
