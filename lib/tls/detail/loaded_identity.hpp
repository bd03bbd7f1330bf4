#pragma once

#include "openssl.hpp"

#include <ringlet/tls/identity.hpp>

#include <string>
#include <vector>

namespace ringlet::tls::detail {

/// The text itself: that in memory, or that of the file. Throws std::system_error that names the
/// file.
[[nodiscard]] std::string text_of(const pem& source);

/// The certificates in `source`, one or more. `wanted` names them in the text of the exception.
/// Throws std::system_error: errc::unreadable_certificate, or that of the file.
[[nodiscard]] std::vector<certificate_pointer> certificates_of(const pem& source,
                                                               const std::string& wanted);

/// A certificate and its key, read and found to belong together.
class loaded_identity {
public:
    /// Reads an identity. Throws std::system_error with an error of tls::errc that names the file
    /// at fault, or that of a file that cannot be read.
    explicit loaded_identity(const identity& source);

    /// Has `context` show the certificate. Throws std::system_error, if OpenSSL finds it too weak,
    /// for instance.
    void use_in(SSL_CTX& context) const;

    /// The DNS names that the certificate is for, in lower case.
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

    /// The kind of key, as OpenSSL numbers them: EVP_PKEY_RSA.
    [[nodiscard]] int key_kind() const noexcept { return EVP_PKEY_get_base_id(key_.get()); }

    /// What tells this identity from others: bytes of the certificate and those behind it.
    [[nodiscard]] const std::string& digest() const noexcept { return digest_; }

    /// Whether the certificate has expired.
    [[nodiscard]] bool expired() const noexcept;

    /// The name of the certificate for a report: its file, or its subject.
    [[nodiscard]] const std::string& description() const noexcept { return description_; }

private:
    std::string description_;
    std::vector<certificate_pointer> chain_;  // the own one first
    key_pointer key_;
    std::vector<std::string> names_;
    std::string digest_;
};

}  // namespace ringlet::tls::detail
