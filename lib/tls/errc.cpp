#include <ringlet/tls/errc.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <string>
#include <system_error>

#include "tls/detail/error_codes.hpp"

namespace ringlet::tls {

namespace {

using detail::alert_base;
using detail::verification_base;

static_assert(static_cast<int>(errc::certificate_not_yet_valid) ==
              verification_base + X509_V_ERR_CERT_NOT_YET_VALID);
static_assert(static_cast<int>(errc::certificate_expired) ==
              verification_base + X509_V_ERR_CERT_HAS_EXPIRED);
static_assert(static_cast<int>(errc::certificate_self_signed) ==
              verification_base + X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
static_assert(static_cast<int>(errc::authority_untrusted) ==
              verification_base + X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
static_assert(static_cast<int>(errc::authority_unknown) ==
              verification_base + X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
static_assert(static_cast<int>(errc::host_name_mismatch) ==
              verification_base + X509_V_ERR_HOSTNAME_MISMATCH);
static_assert(static_cast<int>(errc::ip_address_mismatch) ==
              verification_base + X509_V_ERR_IP_ADDRESS_MISMATCH);
static_assert(alert_base == SSL_AD_REASON_OFFSET);

const char* own_message(errc error) noexcept {
    switch (error) {
    case errc::stream_truncated:
        return "the connection ended without TLS's own end (close_notify); what has come may be a "
               "part of what the peer sent, so do not take it for the whole";
    case errc::handshake_cut_off:
        return "the peer ended the connection in the middle of the handshake; if it is a client, "
               "it "
               "may not trust the certificate";
    case errc::plain_http:
        return "the client speaks plain HTTP; it must use https://";
    case errc::not_tls:
        return "what came is no TLS; check that the peer speaks TLS, and that the port is the "
               "right "
               "one";
    case errc::no_common_version:
        return "the peers share no version of TLS; the older one must be updated, since versions "
               "before TLS 1.2 are broken";
    case errc::no_common_cipher:
        return "the peers share no cipher suite, group or signature algorithm; compare the options "
               "of both sides, and the kind of key of the certificate";
    case errc::no_application_protocol:
        return "the peers share no application protocol (ALPN); offer one that the other side "
               "speaks";
    case errc::unrecognized_name:
        return "the server has no certificate for the name that the client asked for; check the "
               "name, or add a certificate for it";
    case errc::certificate_required:
        return "the client showed no certificate, and the server requires one; give the client one";
    case errc::protocol_error:
        return "the peer broke the rules of TLS";
    case errc::too_much_to_answer:
        return "the peer demands answers and does not read them; the connection was given up";
    case errc::unreadable_certificate:
        return "no certificate can be read there; give PEM that begins with the server's or "
               "client's own certificate, the chain behind it";
    case errc::unreadable_key:
        return "no private key can be read there; give PEM with one private key";
    case errc::wrong_passphrase:
        return "the private key is encrypted, and the passphrase does not open it; give "
               "identity::passphrase a function that returns the right one";
    case errc::key_mismatch:
        return "the private key is not that of the certificate; give the two that belong together";
    case errc::expired_certificate:
        return "the certificate has expired, so that peers refuse it; renew it";
    default:
        return nullptr;
    }
}

const char* verification_advice(int code) noexcept {
    switch (static_cast<errc>(code)) {
    case errc::certificate_not_yet_valid:
        return "; compare the clocks of both machines";
    case errc::certificate_expired:
        return "; the peer must renew it, unless the clock here is wrong";
    case errc::certificate_self_signed:
    case errc::authority_untrusted:
    case errc::authority_unknown:
        return "; if it is to be trusted, give the certificate of its authority to the context, "
               "and "
               "check that the peer sends its whole chain";
    case errc::host_name_mismatch:
    case errc::ip_address_mismatch:
        return "; connect to a name that the certificate has among its alternative names";
    default:
        return "";
    }
}

std::string message_of(int code) {
    if (const char* const own = own_message(static_cast<errc>(code)))
        return own;
    if (code > verification_base && code < verification_base + detail::verification_codes)
        return std::string("the peer's certificate is not accepted: ") +
               X509_verify_cert_error_string(code - verification_base) + verification_advice(code);
    if (code >= alert_base && code < alert_base + detail::alert_codes)
        return std::string("the peer refused with the alert \"") +
               SSL_alert_desc_string_long(code - alert_base) +
               "\"; its own log has more to say about the reason";
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, nullptr);
    const char* const reason = ERR_reason_error_string(static_cast<unsigned long>(code));
    return reason == nullptr ? "TLS failed with error " + std::to_string(code)
                             : std::string("TLS failed: ") + reason;
}

bool is_about_certificates(int code) noexcept {
    if (code > verification_base && code < verification_base + detail::verification_codes)
        return true;
    const int alert = code - alert_base;
    return code == static_cast<int>(errc::certificate_required) ||
           (alert >= SSL_AD_BAD_CERTIFICATE && alert <= SSL_AD_CERTIFICATE_UNKNOWN) ||
           alert == SSL_AD_UNKNOWN_CA || alert == SSL_AD_ACCESS_DENIED;
}

failure_cause own_cause(int code) noexcept {
    if (is_about_certificates(code))
        return failure_cause::certificate;
    switch (static_cast<errc>(code)) {
    case errc::stream_truncated:
    case errc::handshake_cut_off:
        return failure_cause::gone;
    case errc::plain_http:
    case errc::not_tls:
        return failure_cause::not_tls;
    case errc::no_common_version:
    case errc::no_common_cipher:
    case errc::no_application_protocol:
    case errc::unrecognized_name:
        return failure_cause::no_match;
    default:
        return code == alert_base + SSL_AD_HANDSHAKE_FAILURE ? failure_cause::no_match
                                                             : failure_cause::other;
    }
}

bool is_gone(std::error_code error) noexcept {
    return error == std::errc::connection_reset || error == std::errc::broken_pipe ||
           error == std::errc::connection_aborted || error == std::errc::not_connected ||
           error == std::errc::host_unreachable || error == std::errc::network_unreachable;
}

}  // namespace

const std::error_category& category() noexcept {
    static const class final : public std::error_category {
        const char* name() const noexcept override { return "tls"; }
        std::string message(int code) const override { return message_of(code); }
        std::error_condition default_error_condition(int code) const noexcept override {
            return own_cause(code) == failure_cause::gone ? std::errc::connection_reset
                                                          : std::errc::protocol_error;
        }
    } own;
    return own;
}

std::error_code make_error_code(errc error) noexcept {
    return {static_cast<int>(error), category()};
}

failure_cause cause_of(std::error_code error) noexcept {
    if (error.category() == category())
        return own_cause(error.value());
    if (error == std::errc::timed_out)
        return failure_cause::timed_out;
    if (error == std::errc::operation_canceled)
        return failure_cause::cancelled;
    return is_gone(error) ? failure_cause::gone : failure_cause::other;
}

}  // namespace ringlet::tls
