#pragma once

#include "openssl.hpp"

#include <ringlet/tls/version.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ringlet::tls::detail {

/// The options that clients and servers have alike. Lifetime: that of the options which it refers
/// to.
struct common_options {
    /// Those of a client_context_options or a server_context_options.
    template <class Options>
    explicit common_options(const Options& options)
        : version_min(options.version_min), version_max(options.version_max),
          ciphers(options.ciphers), cipher_suites(options.cipher_suites), groups(options.groups),
          application_protocols(options.application_protocols),
          handshake_timeout(options.handshake_timeout), close_timeout(options.close_timeout),
          key_log_file(options.key_log_file) {}

    version version_min;
    version version_max;
    const std::string& ciphers;
    const std::string& cipher_suites;
    const std::string& groups;
    const std::optional<std::vector<std::string>>& application_protocols;
    std::chrono::milliseconds handshake_timeout;
    std::chrono::milliseconds close_timeout;
    const std::string& key_log_file;
};

/// Throws std::invalid_argument that says which option is out of range.
void require_valid(const common_options& options);

/// Has `context` speak as the options say, and otherwise safely. Throws std::invalid_argument for
/// an option that OpenSSL does not know.
void apply(const common_options& options, SSL_CTX& context);

/// Has `context` trust each certificate of its store as it is, be it that of a root, of an
/// authority below one, or a peer's own: whoever gives it to a context means it.
void trust_as_given(SSL_CTX& context);

/// A list of application protocols as ALPN has it: RFC 7301, 3.1.
[[nodiscard]] std::string alpn_list(const std::vector<std::string>& protocols);

}  // namespace ringlet::tls::detail
