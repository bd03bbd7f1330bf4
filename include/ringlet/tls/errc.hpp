#pragma once

#include <system_error>

namespace ringlet::tls {

/// The errors of TLS itself; every other error of a stream that speaks TLS is that of the stream
/// below. Codes of the category that have no name here are failures that OpenSSL alone knows; their
/// message is OpenSSL's.
///
/// 501 to 599 are failed verifications, as X509_STORE_CTX_get_error(3) numbers them from 500 on,
/// and 1000 to 1255 are alerts that the peer has sent (RFC 8446, 6). `cause_of` tells the kinds
/// apart. A code equals std::errc::connection_reset where the peer is gone without TLS's own end,
/// and std::errc::protocol_error otherwise, so that code which knows nothing of TLS can tell them
/// too.
enum class errc {
    /// The connection ended without TLS's own end, so that the peer may have sent more: an attacker
    /// or a fault may have cut the stream. It is never a plain end.
    stream_truncated = 1,
    /// The peer ended the connection in the middle of the handshake.
    handshake_cut_off,
    /// The client speaks plain HTTP.
    plain_http,
    /// What came is no TLS.
    not_tls,
    /// The peers share no version of TLS.
    no_common_version,
    /// The peers share no cipher suite, no group or no signature algorithm.
    no_common_cipher,
    /// The peers share no application protocol (ALPN).
    no_application_protocol,
    /// The server has no certificate for the name that the client asked for.
    unrecognized_name,
    /// The client had to show a certificate, and showed none.
    certificate_required,
    /// The peer broke the rules of TLS.
    protocol_error,
    /// The peer makes this end answer, and does not read the answers.
    too_much_to_answer,
    /// A certificate could not be read: there is none in the file or text, or it is damaged.
    unreadable_certificate,
    /// A private key could not be read: there is none in the file or text, or it is damaged.
    unreadable_key,
    /// The passphrase does not open the private key, or there is none.
    wrong_passphrase,
    /// The private key is not that of the certificate.
    key_mismatch,
    /// The certificate that this end was to show has expired.
    expired_certificate,

    /// The peer's certificate is not yet valid.
    certificate_not_yet_valid = 509,
    /// The peer's certificate has expired.
    certificate_expired = 510,
    /// The peer's certificate is signed by nobody but itself, and is not trusted.
    certificate_self_signed = 518,
    /// The peer's chain ends in a certificate that is signed by itself and not trusted.
    authority_untrusted = 519,
    /// The peer's certificate is signed by an authority that is not known here.
    authority_unknown = 520,
    /// The peer's certificate is for other host names.
    host_name_mismatch = 562,
    /// The peer's certificate is for other IP addresses.
    ip_address_mismatch = 564,
};

/// The category of the errors of `errc`; its name is "tls".
[[nodiscard]] const std::error_category& category() noexcept;

/// An error of `errc` as a std::error_code, so that the two can be compared.
[[nodiscard]] std::error_code make_error_code(errc error) noexcept;

/// The rough reason for which a handshake failed, as tls::counters tells them apart.
enum class failure_cause {
    timed_out,    ///< a deadline passed
    gone,         ///< the peer, or the way to it, is gone: reset, ended in the middle
    cancelled,    ///< this program cancelled it, as a server's shutdown does
    certificate,  ///< one of the peers does not accept the other's certificate
    no_match,     ///< they share no version, cipher suite, application protocol or name
    not_tls,      ///< the peer speaks something else, such as plain HTTP
    other,        ///< anything else, such as a broken record
};

/// The cause that an error code stands for.
[[nodiscard]] failure_cause cause_of(std::error_code error) noexcept;

}  // namespace ringlet::tls

template <>
struct std::is_error_code_enum<ringlet::tls::errc> : std::true_type {};
