#pragma once

#include <openssl/types.h>

#include <stdexcept>
#include <string>
#include <system_error>

namespace ringlet::tls::detail {

// Where the kinds of codes begin in the category "tls". What OpenSSL calls by a packed number
// (ERR_get_error(3)) is larger than all of them.
inline constexpr int verification_base = 500;
inline constexpr int verification_codes = 100;
inline constexpr int alert_base = 1000;
inline constexpr int alert_codes = 256;

/// The code of a failed verification, as SSL_get_verify_result(3) yields it.
[[nodiscard]] std::error_code verification_error(long result) noexcept;

/// The code of the failure at the head of this thread's queue of OpenSSL's errors, which is then
/// empty. `connection` had the failure, in its handshake or after.
[[nodiscard]] std::error_code connection_error(const SSL* connection, bool in_handshake) noexcept;

/// The code of the failure at the head of this thread's queue, which is then empty. Never success.
[[nodiscard]] std::error_code queued_error() noexcept;

/// Throws std::system_error with `queued_error()`, naming the `call`, unless `succeeded`.
void require(bool succeeded, const char* call);

}  // namespace ringlet::tls::detail
