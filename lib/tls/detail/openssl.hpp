#pragma once

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace ringlet::tls::detail {

/// Frees what OpenSSL has made, each kind by its own function.
template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* made) const noexcept {
        Free(made);
    }
};

using bio_pointer = std::unique_ptr<BIO, freed_by<BIO_free>>;
using certificate_pointer = std::unique_ptr<X509, freed_by<X509_free>>;
using context_pointer = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using key_pointer = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using session_pointer = std::unique_ptr<SSL_SESSION, freed_by<SSL_SESSION_free>>;
using ssl_pointer = std::unique_ptr<SSL, freed_by<SSL_free>>;
using store_pointer = std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>>;

}  // namespace ringlet::tls::detail
