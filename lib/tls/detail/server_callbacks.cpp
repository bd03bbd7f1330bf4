#include "server_callbacks.hpp"

#include "engine.hpp"
#include "server_material.hpp"
#include "server_state.hpp"

#include <ringlet/tls/errc.hpp>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <exception>
#include <span>

namespace ringlet::tls::detail {

namespace {

// SSL_CTX_set_tlsext_servername_callback(3).
int choose_by_name(SSL* connection, int* alert, void* /*argument*/) noexcept {
    const char* const name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr)
        return SSL_TLSEXT_ERR_NOACK;
    try {
        const server_material& material = server_material::of(*connection);
        if (SSL_CTX* const chosen = material.context_for(name)) {
            SSL_set_SSL_CTX(connection, chosen);
            return SSL_TLSEXT_ERR_OK;
        }
        if (!material.refuses_unknown_names())
            return SSL_TLSEXT_ERR_NOACK;
        engine::of(*connection).refusal = errc::unrecognized_name;
        *alert = SSL_AD_UNRECOGNIZED_NAME;
    } catch (const std::exception&) {
        engine::of(*connection).refusal = std::make_error_code(std::errc::not_enough_memory);
        *alert = SSL_AD_INTERNAL_ERROR;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// SSL_CTX_set_alpn_select_cb(3). The server's order decides.
int choose_protocol(SSL* connection, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size,
                    void* /*argument*/) noexcept {
    const std::string& own = server_material::of(*connection).alpn();
    unsigned char* selected = nullptr;
    if (SSL_select_next_proto(&selected, size, reinterpret_cast<const unsigned char*>(own.data()),
                              static_cast<unsigned>(own.size()), offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = selected;
    return SSL_TLSEXT_ERR_OK;
}

bool begin_seal(const ticket_keys::key& key, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                EVP_MAC_CTX* mac, bool sealing) noexcept {
    char digest[] = "SHA256";
    secret mac_key = key.mac;
    const std::array parameters{
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, mac_key.data(), mac_key.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv,
                             sealing ? 1 : 0) == 1 &&
           EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
}

// SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
int seal_ticket(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                EVP_MAC_CTX* mac, int sealing) noexcept {
    constexpr int failed = -1, unknown = 0, good = 1, outdated = 2;
    const server_material& material = server_material::of(*connection);
    ticket_keys& keys = *material.state().tickets();
    try {
        if (sealing != 0) {
            const ticket_keys::key key = keys.current(material.digest());
            std::ranges::copy(key.name, name);
            return RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
                           begin_seal(key, iv, cipher, mac, true)
                       ? good
                       : failed;
        }
        const auto found =
            keys.find(std::span<const unsigned char, 16>(name, 16), material.digest());
        if (!found)
            return unknown;
        if (!begin_seal(found->key, iv, cipher, mac, false))
            return failed;
        // A client uses a ticket of TLS 1.3 once, and so needs another.
        return found->outdated || SSL_version(connection) >= TLS1_3_VERSION ? outdated : good;
    } catch (const std::exception&) {
        return failed;
    }
}

// SSL_CTX_set_session_ticket_cb(3). OpenSSL looks at a client's certificate in a full handshake
// alone, and each connection of TLS 1.3 yields a ticket that is as good as new: so a client could
// go on for ever with a certificate that has expired.
SSL_TICKET_RETURN accept_session(SSL* /*connection*/, SSL_SESSION* session,
                                 const unsigned char* /*name*/, std::size_t /*name_size*/,
                                 SSL_TICKET_STATUS opened, void* /*argument*/) noexcept {
    if (opened != SSL_TICKET_SUCCESS && opened != SSL_TICKET_SUCCESS_RENEW)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    const X509* const shown = SSL_SESSION_get0_peer(session);
    if (shown != nullptr && X509_cmp_current_time(X509_get0_notAfter(shown)) < 0)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return opened == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

void log_keys(const SSL* connection, const char* line) noexcept {
    server_material::of(*connection).state().keys().add(line);
}

}  // namespace

void set_callbacks(SSL_CTX& context, server_material& material) {
    SSL_CTX_set_tlsext_servername_callback(&context, choose_by_name);
    if (!material.alpn().empty())
        SSL_CTX_set_alpn_select_cb(&context, choose_protocol, nullptr);
    if (material.state().tickets()) {
        SSL_CTX_set_tlsext_ticket_key_evp_cb(&context, seal_ticket);
        SSL_CTX_set_session_ticket_cb(&context, nullptr, accept_session, nullptr);
    }
    if (material.state().keys().enabled())
        SSL_CTX_set_keylog_callback(&context, log_keys);
}

}  // namespace ringlet::tls::detail
