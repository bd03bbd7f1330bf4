#pragma once

#include <openssl/types.h>

namespace ringlet::tls::detail {

class server_material;

/// Has `context`, one of those of `material`, choose by name and application protocol, seal tickets
/// and log keys as the material and its state want it.
void set_callbacks(SSL_CTX& context, server_material& material);

}  // namespace ringlet::tls::detail
