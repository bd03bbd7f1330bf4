#pragma once

#include "openssl.hpp"

#include <ringlet/tls/session.hpp>

#include <string>

namespace ringlet::tls::detail {

/// A name of a certificate in the manner of RFC 4514.
[[nodiscard]] std::string text_of_name(const X509_NAME* name);

/// All that tls::certificate has of a certificate.
[[nodiscard]] certificate describe(X509& shown);

}  // namespace ringlet::tls::detail
