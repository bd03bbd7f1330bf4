#pragma once

#include <ringlet/tls/counters.hpp>
#include <ringlet/tls/identity.hpp>
#include <ringlet/tls/version.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringlet::tls {

namespace detail {
class client_state;
}  // namespace detail

/// With what a client speaks TLS. Every option acts, or the context cannot be made.
struct client_context_options {
    /// The authorities by which the certificates of servers must be signed, or those certificates
    /// themselves; without it the authorities that the system trusts.
    /// SSL_CTX_set_default_verify_paths(3).
    std::optional<pem> authorities;

    /// Takes away what makes TLS safe: whoever is between client and server can read and change
    /// everything. For tests alone.
    bool accept_any_certificate_from_anyone = false;

    /// What the client shows to a server that asks for its certificate; without it nothing.
    std::optional<tls::identity> identity;

    version version_min = version::tls1_2;  ///< The oldest version that is spoken.
    version version_max = version::tls1_3;  ///< The newest version that is spoken.

    /// The cipher suites of TLS 1.2, as `openssl ciphers` has them; empty for those with forward
    /// secrecy and authenticated encryption.
    std::string ciphers;

    /// The cipher suites of TLS 1.3, such as "TLS_AES_256_GCM_SHA384", with colons between them;
    /// empty for OpenSSL's default.
    std::string cipher_suites;

    /// The groups for the exchange of keys, such as "X25519:P-256"; empty for OpenSSL's default.
    std::string groups;

    /// The application protocols that the client offers, the best first, such as {"h2", "http/1.1"}
    /// (ALPN, RFC 7301). tls::session tells which of them the server has chosen, if any.
    std::optional<std::vector<std::string>> application_protocols;

    /// Of how many servers the last session is kept, to be taken up by the next connection: 0 to a
    /// million. The one that was used longest ago makes room.
    std::size_t sessions_max = 256;

    /// How long a handshake may take: 1 ms to a year.
    std::chrono::milliseconds handshake_timeout{10'000};

    /// How long closing waits for a peer that takes nothing of what is left to send, and then for
    /// the peer to end its own side: 1 ms to a year.
    std::chrono::milliseconds close_timeout{1000};

    /// A file to which the secrets of every session are appended, with which anyone can read what
    /// was recorded of it (SSLKEYLOGFILE): for finding faults. Empty for none.
    std::string key_log_file;
};

/// What a client needs to speak TLS: made once, and used for any number of connections. A copy is
/// cheap and means the context of the original.
///
/// A server's certificate must lead to an authority that is trusted, and must be for the name that
/// the client wants, or the IP address. Thread-safe. A forked child uses the context of its parent,
/// and counts into its counters.
class client_context {
public:
    /// Makes a context with the default options, for servers of the internet. Throws as the other
    /// constructor does.
    client_context();

    /// Makes a context. Throws std::invalid_argument that names an option which is out of range,
    /// unknown to OpenSSL, or without effect beside the others; std::system_error with an error of
    /// tls::errc that names the certificate or key which cannot be used; std::system_error for a
    /// file that cannot be read.
    explicit client_context(const client_context_options& options);

    /// The counts of all connections of the context.
    [[nodiscard]] tls::counters counters() const noexcept;

    /// The state behind the context, for ringlet's own functions; programs have no use for it.
    [[nodiscard]] const std::shared_ptr<detail::client_state>& state() const noexcept {
        return state_;
    }

private:
    std::shared_ptr<detail::client_state> state_;
};

}  // namespace ringlet::tls
