#include "error_codes.hpp"

#include <ringlet/tls/errc.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace ringlet::tls::detail {

namespace {

std::error_code no_memory() noexcept {
    return std::make_error_code(std::errc::not_enough_memory);
}

/// The code for a reason of libssl's, which has many words for one cause.
std::error_code code_of_reason(int reason, unsigned long packed) noexcept {
    switch (reason) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return errc::stream_truncated;
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
        return errc::plain_http;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNKNOWN_PROTOCOL:
        return errc::not_tls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_INAPPROPRIATE_FALLBACK:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_TLSV1_ALERT_INAPPROPRIATE_FALLBACK:
        return errc::no_common_version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
        return errc::no_common_cipher;
    case SSL_R_NO_APPLICATION_PROTOCOL:
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
        return errc::no_application_protocol;
    case SSL_R_CALLBACK_FAILED:  // of our callbacks only the one for the name refuses so
    case SSL_R_TLSV1_UNRECOGNIZED_NAME:
        return errc::unrecognized_name;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return errc::certificate_required;
    default:
        break;
    }
    if (reason >= alert_base && reason < alert_base + alert_codes)
        return {reason, category()};
    return {static_cast<int>(packed), category()};
}

}  // namespace

std::error_code verification_error(long result) noexcept {
    return {verification_base + static_cast<int>(result), category()};
}

std::error_code queued_error() noexcept {
    const unsigned long first = ERR_peek_error();
    unsigned long found = 0;
    // libssl's own reason says most; what comes before it is that of a library below.
    for (unsigned long next = ERR_get_error(); next != 0; next = ERR_get_error())
        if (found == 0 && ERR_GET_LIB(next) == ERR_LIB_SSL)
            found = next;
    if (found == 0)
        found = first;
    if (found == 0)
        return errc::protocol_error;
    if (ERR_GET_REASON(found) == ERR_R_MALLOC_FAILURE)
        return no_memory();
    if (ERR_SYSTEM_ERROR(found))
        return {ERR_GET_REASON(found), std::system_category()};
    if (ERR_GET_LIB(found) == ERR_LIB_SSL)
        return code_of_reason(ERR_GET_REASON(found), found);
    return {static_cast<int>(found), category()};
}

std::error_code connection_error(const SSL* connection, bool in_handshake) noexcept {
    const bool unverified =
        ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_SSL &&
        ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED;
    const std::error_code error = queued_error();
    if (unverified && SSL_get_verify_result(connection) != X509_V_OK)
        return verification_error(SSL_get_verify_result(connection));
    if (error == errc::stream_truncated && in_handshake)
        return errc::handshake_cut_off;
    return error;
}

void require(bool succeeded, const char* call) {
    if (!succeeded)
        throw std::system_error(queued_error(), call);
}

}  // namespace ringlet::tls::detail
