#pragma once

#include <ringlet/tls/session.hpp>

#include <openssl/types.h>

namespace ringlet::tls::detail {

/// What was agreed on a connection whose handshake is over.
[[nodiscard]] session describe(const SSL& connection);

}  // namespace ringlet::tls::detail
