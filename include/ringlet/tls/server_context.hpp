#pragma once

#include <ringlet/tls/counters.hpp>
#include <ringlet/tls/identity.hpp>
#include <ringlet/tls/version.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace ringlet::tls {

namespace detail {
class server_state;
}  // namespace detail

/// Whether a server wants its clients to show certificates.
enum class client_certificates {
    none,      ///< It asks for none.
    asked,     ///< A client may show one, which is then verified.
    required,  ///< A client must show one; else its handshake fails with certificate_required.
};

/// With what a server speaks TLS. Every option acts, or the context cannot be made.
struct server_context_options {
    /// The certificates of which the server shows one: the first that has the name that the client
    /// asks for (SNI) among its alternative names, `*.example.org` included, which stands for one
    /// label; else the first of all. Several for equal names, but with keys of different kinds
    /// (ECDSA and RSA), are offered together, and the client chooses.
    std::vector<identity> identities;

    /// Whether a client that asks for a name which no certificate has is refused, with the alert
    /// unrecognized_name. A client that asks for no name is served all the same.
    bool refuse_unknown_names = false;

    version version_min = version::tls1_2;  ///< The oldest version that is spoken.
    version version_max = version::tls1_3;  ///< The newest version that is spoken.

    /// The cipher suites of TLS 1.2, as `openssl ciphers` has them; empty for those with forward
    /// secrecy and authenticated encryption. The server's order decides.
    std::string ciphers;

    /// The cipher suites of TLS 1.3, such as "TLS_AES_256_GCM_SHA384", with colons between them;
    /// empty for OpenSSL's default.
    std::string cipher_suites;

    /// The groups for the exchange of keys, such as "X25519:P-256"; empty for OpenSSL's default.
    std::string groups;

    /// The application protocols that the server speaks, the best first, such as {"h2", "http/1.1"}
    /// (ALPN, RFC 7301). A client that offers protocols, but none of these, is refused with the
    /// alert no_application_protocol; a client that offers none is served.
    std::optional<std::vector<std::string>> application_protocols;

    /// Whether clients are to show certificates.
    tls::client_certificates client_certificates = tls::client_certificates::none;

    /// The authorities by which the certificates of clients must be signed, or those certificates
    /// themselves. It is needed where clients are to show some, and for nothing else.
    std::optional<pem> client_authorities;

    /// How long a client may take up its session again, so that both save most of the handshake's
    /// work: 1 minute to 7 days, or 0 for never. A client of TLS 1.3 that does so gets another
    /// ticket, for as long again; one whose certificate has expired may not.
    ///
    /// The session is in a ticket, which the client keeps. The keys of tickets come from a chain
    /// that begins with the context's own secret and goes one step at the end of each such time: a
    /// key is made from the one before (HKDF), and that is forgotten when no ticket of its is
    /// accepted any more. So threads and forked children all know the present key without telling
    /// each other, and whoever breaks into one of them later cannot read what was said earlier. A
    /// process goes on with its chain in its handshakes: one that makes none, such as a parent that
    /// forks a child per connection, keeps the secret from which all keys come. After a reload that
    /// brings other certificates, the tickets from before are not accepted.
    std::chrono::seconds ticket_lifetime{7200};

    /// How often at most the files of the identities are looked at for changes, in the course of a
    /// handshake; 0 for never. Changed files are taken as `server_context::reload` does. Reading
    /// them takes a few milliseconds, once.
    ///
    /// There is no watcher beside the handshakes: so it works in every thread and every forked
    /// child, each for itself, and costs an idle server nothing.
    std::chrono::milliseconds reload_interval{1000};

    /// How long a handshake may take: 1 ms to a year.
    std::chrono::milliseconds handshake_timeout{10'000};

    /// How long closing waits for a peer that takes nothing of what is left to send, and then for
    /// the peer to end its own side: 1 ms to a year.
    std::chrono::milliseconds close_timeout{1000};

    /// A file to which the secrets of every session are appended, with which anyone can read what
    /// was recorded of it (SSLKEYLOGFILE): for finding faults. Empty for none.
    std::string key_log_file;
};

/// What a server needs to speak TLS: made once, and used for any number of connections. A copy is
/// cheap and means the context of the original.
///
///     const tls::server_context context("server.pem", "server.key");
///
/// Thread-safe. Forked children use the context of their parent, and count into its counters; each
/// reloads for itself.
class server_context {
public:
    /// Makes a context with the certificate and the key in these files, PEM both, and the default
    /// options. Throws as the other constructor does.
    server_context(std::string certificate_file, std::string key_file);

    /// Makes a context. Throws std::invalid_argument that names an option which is out of range,
    /// unknown to OpenSSL, or without effect beside the others; std::system_error with an error of
    /// tls::errc that names the certificate or key which cannot be used; std::system_error for a
    /// file that cannot be read.
    explicit server_context(server_context_options options);

    /// Reads the certificates and keys again, and has new connections use them, if all of them are
    /// in order; connections that there are keep what they have. Otherwise everything stays, the
    /// log says what is wrong, and so does the error that is returned. A certificate and its key
    /// may be replaced one after the other: the pair is taken once both are there.
    std::error_code reload();

    /// The counts of all connections of the context.
    [[nodiscard]] tls::counters counters() const noexcept;

    /// The state behind the context, for ringlet's own functions; programs have no use for it.
    [[nodiscard]] const std::shared_ptr<detail::server_state>& state() const noexcept {
        return state_;
    }

private:
    std::shared_ptr<detail::server_state> state_;
};

}  // namespace ringlet::tls
