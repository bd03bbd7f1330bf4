#pragma once

#include <functional>
#include <string>
#include <utility>

namespace ringlet::tls {

/// Text in PEM (RFC 7468), such as certificates or a private key: in a file, or in memory.
class pem {
public:
    /// The text in the file `path`, which is read when a context is made of it.
    [[nodiscard]] static pem file(std::string path) { return {std::move(path), true}; }

    /// The text itself: `-----BEGIN CERTIFICATE-----` and so on.
    [[nodiscard]] static pem text(std::string in_memory) { return {std::move(in_memory), false}; }

    /// Whether the text is in a file.
    [[nodiscard]] bool is_file() const noexcept { return is_file_; }

    /// The path of the file, or the text itself.
    [[nodiscard]] const std::string& value() const noexcept { return value_; }

private:
    pem(std::string value, bool is_file) : value_(std::move(value)), is_file_(is_file) {}

    std::string value_;
    bool is_file_;
};

/// With what one end of a connection shows who it is: a certificate and its private key.
///
///     tls::identity{tls::pem::file("server.pem"), tls::pem::file("server.key")}
struct identity {
    /// The own certificate, and behind it those of the authorities that lead to a known one, but
    /// for the known one itself.
    pem certificate;

    /// The private key of the certificate.
    pem key;

    /// Returns the passphrase of a private key that is encrypted. It is called in the thread that
    /// makes the context or reloads it; without it an encrypted key is refused, and nobody is
    /// asked.
    std::function<std::string()> passphrase{};
};

}  // namespace ringlet::tls
