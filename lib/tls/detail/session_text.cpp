#include "session_text.hpp"

#include "certificate_text.hpp"
#include "openssl.hpp"

namespace ringlet::tls::detail {

namespace {

/// Whether `shown` is one of the certificates that lead from the peer's own to a trusted one. A
/// peer may show others beside them, which nobody looks at.
bool leads_to_trust(const SSL& connection, const X509& shown) {
    const STACK_OF(X509)* const chain = SSL_get0_verified_chain(&connection);
    for (int i = 0; i < sk_X509_num(chain); ++i)
        if (X509_cmp(sk_X509_value(chain, i), &shown) == 0)
            return true;
    return false;
}

/// The certificates that the peer has shown and that were verified, its own first; all of them
/// where none is verified. OpenSSL counts a client's own apart from its chain.
std::vector<certificate> certificates_shown(const SSL& connection) {
    std::vector<certificate> shown;
    const certificate_pointer own(SSL_get1_peer_certificate(&connection));
    if (own == nullptr)
        return shown;
    shown.push_back(describe(*own));
    const bool verifies = (SSL_get_verify_mode(&connection) & SSL_VERIFY_PEER) != 0;
    const STACK_OF(X509)* const chain = SSL_get_peer_cert_chain(&connection);
    for (int i = SSL_is_server(&connection) != 0 ? 0 : 1; i < sk_X509_num(chain); ++i)
        if (!verifies || leads_to_trust(connection, *sk_X509_value(chain, i)))
            shown.push_back(describe(*sk_X509_value(chain, i)));
    return shown;
}

}  // namespace

std::string_view protocol_of(const SSL& connection) noexcept {
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(&connection, &protocol, &size);
    return {reinterpret_cast<const char*>(protocol), size};
}

session describe(const SSL& connection) {
    session agreed;
    agreed.version = static_cast<version>(SSL_version(&connection));
    agreed.cipher = SSL_get_cipher_name(&connection);
    agreed.application_protocol = protocol_of(connection);
    if (const char* const name = SSL_get_servername(&connection, TLSEXT_NAMETYPE_host_name))
        agreed.server_name = name;
    agreed.resumed = SSL_session_reused(&connection) != 0;
    agreed.peer_certificates = certificates_shown(connection);
    return agreed;
}

}  // namespace ringlet::tls::detail
