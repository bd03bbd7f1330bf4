#include "catch.hpp"
#include "tls/detail/error_codes.hpp"

#include <ringlet/tls/errc.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <string>
#include <system_error>

namespace tests::tls_errc {

using ringlet::tls::cause_of;
using ringlet::tls::errc;
using ringlet::tls::failure_cause;
using ringlet::tls::detail::queued_error;
using ringlet::tls::detail::verification_error;

namespace {

bool says(std::error_code error, const char* words) {
    INFO(error.message());
    return error.message().find(words) != std::string::npos;
}

/// The code for a reason of OpenSSL's.
std::error_code of_reason(int reason) {
    ERR_clear_error();
    ERR_raise(ERR_LIB_SSL, reason);
    return queued_error();
}

}  // namespace

TEST_CASE("the errors of TLS are error codes that say what to do", "[tls]") {
    const std::error_code truncated = errc::stream_truncated;
    CHECK(truncated == errc::stream_truncated);
    CHECK(truncated.category() == ringlet::tls::category());
    CHECK(std::string(truncated.category().name()) == "tls");
    CHECK(says(truncated, "do not take it for the whole"));
    CHECK(says(errc::plain_http, "it must use https://"));
    for (int code = 1; code <= static_cast<int>(errc::expired_certificate); ++code)
        CHECK(std::error_code(code, ringlet::tls::category()).message().size() > 30);
    CHECK(says({300, ringlet::tls::category()}, "error 300"));
}

TEST_CASE("a failed verification says its reason in words", "[tls]") {
    const std::error_code expired = verification_error(X509_V_ERR_CERT_HAS_EXPIRED);
    CHECK(expired == errc::certificate_expired);
    CHECK(says(expired, "certificate has expired; the peer must renew it"));
    CHECK(says(errc::host_name_mismatch, "connect to a name that the certificate has"));
    CHECK(says(errc::authority_unknown, "give the certificate of its authority"));
    CHECK(says(verification_error(X509_V_ERR_CERT_REVOKED), "certificate revoked"));
    for (long code = 1; code < 95; ++code) {
        CHECK(cause_of(verification_error(code)) == failure_cause::certificate);
        CHECK(says(verification_error(code), "the peer's certificate is not accepted"));
    }
}

TEST_CASE(
    "code that knows nothing of TLS can tell a peer that is gone from one that breaks the rules",
    "[tls]") {
    CHECK(make_error_code(errc::stream_truncated) == std::errc::connection_reset);
    CHECK(make_error_code(errc::handshake_cut_off) == std::errc::connection_reset);
    CHECK(make_error_code(errc::plain_http) == std::errc::protocol_error);
    CHECK(of_reason(SSL_R_TLSV1_ALERT_UNKNOWN_CA) == std::errc::protocol_error);
    CHECK(make_error_code(errc::plain_http) != std::errc::connection_reset);
}

TEST_CASE("the many words of OpenSSL for one cause become one error", "[tls]") {
    CHECK(of_reason(SSL_R_UNEXPECTED_EOF_WHILE_READING) == errc::stream_truncated);
    CHECK(of_reason(SSL_R_HTTP_REQUEST) == errc::plain_http);
    CHECK(of_reason(SSL_R_WRONG_VERSION_NUMBER) == errc::not_tls);
    CHECK(of_reason(SSL_R_UNSUPPORTED_PROTOCOL) == errc::no_common_version);
    CHECK(of_reason(SSL_R_TLSV1_ALERT_PROTOCOL_VERSION) == errc::no_common_version);
    CHECK(of_reason(SSL_R_NO_SHARED_CIPHER) == errc::no_common_cipher);
    CHECK(of_reason(SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL) == errc::no_application_protocol);
    CHECK(of_reason(SSL_R_TLSV1_UNRECOGNIZED_NAME) == errc::unrecognized_name);
    CHECK(of_reason(SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED) == errc::certificate_required);
    const std::error_code alert = of_reason(SSL_R_TLSV1_ALERT_UNKNOWN_CA);
    CHECK(says(alert, "the peer refused with the alert \"unknown CA\""));
    CHECK(cause_of(alert) == failure_cause::certificate);
    CHECK(says(of_reason(SSL_R_BAD_EXTENSION), "TLS failed: bad extension"));
    CHECK(queued_error() == errc::protocol_error);  // nothing is in the queue any more
    ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
    CHECK(queued_error() == std::errc::not_enough_memory);
}

TEST_CASE("errors have a rough cause, by which failures are counted", "[tls]") {
    CHECK(cause_of(errc::plain_http) == failure_cause::not_tls);
    CHECK(cause_of(errc::no_common_version) == failure_cause::no_match);
    CHECK(cause_of(errc::certificate_required) == failure_cause::certificate);
    CHECK(cause_of(errc::handshake_cut_off) == failure_cause::gone);
    CHECK(cause_of(errc::protocol_error) == failure_cause::other);
    CHECK(cause_of(of_reason(SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE)) == failure_cause::no_match);
    CHECK(cause_of(std::make_error_code(std::errc::timed_out)) == failure_cause::timed_out);
    CHECK(cause_of(std::make_error_code(std::errc::operation_canceled)) ==
          failure_cause::cancelled);
    CHECK(cause_of(std::make_error_code(std::errc::connection_reset)) == failure_cause::gone);
    CHECK(cause_of(std::make_error_code(std::errc::no_space_on_device)) == failure_cause::other);
}

}  // namespace tests::tls_errc
