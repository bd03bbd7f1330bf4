#pragma once

#include <ringlet/tls/version.hpp>

#include <optional>
#include <string>
#include <vector>

namespace ringlet {
class stream;
}  // namespace ringlet

namespace ringlet::tls {

/// A certificate that the peer has shown. X.509, RFC 5280.
struct certificate {
    std::string subject;  ///< The name of its owner: `CN=alice,O=example`, as in RFC 4514.
    std::string issuer;   ///< The name of the authority that has signed it.

    /// The names by which the owner is known: the subject alternative names, by their kind.
    std::vector<std::string> dns_names;
    std::vector<std::string> ip_addresses;
    std::vector<std::string> email_addresses;
    std::vector<std::string> uris;

    std::string pem;  ///< The certificate itself, as text.
    std::string der;  ///< The certificate itself, as bytes.
};

/// What the two ends of a connection have agreed on.
struct session {
    tls::version version{};            ///< The version that they speak.
    std::string cipher;                ///< The cipher suite: `TLS_AES_256_GCM_SHA384`.
    std::string application_protocol;  ///< By ALPN: `h2`; empty if they have agreed on none.
    std::string server_name;           ///< The name that the client has asked for; empty for none.
    bool resumed = false;              ///< Whether they have taken up an earlier session.

    /// The certificates that the peer has shown, its own first; none of a client that has shown
    /// none. Each was verified, unless the options say otherwise: what a peer shows besides, and
    /// what leads to no trusted authority, is not among them. Where an earlier session was taken
    /// up, the peer's own alone is known.
    std::vector<certificate> peer_certificates;
};

/// What was agreed on the connection `secured`, or nothing if it does not speak TLS: a handler that
/// serves both finds out so.
[[nodiscard]] std::optional<session> session_of(stream& secured);

}  // namespace ringlet::tls
