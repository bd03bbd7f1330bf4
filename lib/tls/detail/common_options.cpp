#include "common_options.hpp"

#include "base/detail/valid_timeout.hpp"
#include "error_codes.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace ringlet::tls::detail {

namespace {

// Forward secrecy and authenticated encryption, by every key that a certificate may have.
constexpr const char* default_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

constexpr int security_level_min = 2;  // 112 bits: RSA of 2048, no SHA-1

void require_timeout(std::chrono::milliseconds timeout, const char* option) {
    ringlet::detail::require_valid_timeout(timeout, option);
    if (timeout == timeout.zero())
        throw std::invalid_argument(std::string(option) + " must be 1 ms or more");
}

void require_protocols(const std::vector<std::string>& protocols) {
    if (protocols.empty())
        throw std::invalid_argument("application_protocols has no protocol in it; name one or "
                                    "more, or leave the option out to do without ALPN");
    for (const std::string& protocol : protocols)
        if (protocol.empty() || protocol.size() > 255)
            throw std::invalid_argument("application_protocols: \"" + protocol +
                                        "\" must have 1 to 255 bytes");
    if (alpn_list(protocols).size() > 65'535 - 2)
        throw std::invalid_argument("application_protocols must have 64 KiB or less in all");
}

template <class Visit>
void for_each_item(std::string_view list, const Visit& visit) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find_first_of(":, "), list.size());
        if (end > 0)
            visit(std::string(list.substr(0, end)));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

bool has_cipher(SSL_CTX& context, const std::string& name) {
    const STACK_OF(SSL_CIPHER)* const all = SSL_CTX_get_ciphers(&context);
    for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i)
        if (SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, i)) == name)
            return true;
    return false;
}

[[noreturn]] void refuse(const char* option, const std::string& value) {
    ERR_clear_error();
    throw std::invalid_argument(std::string(option) + ": OpenSSL knows no \"" + value +
                                "\"; see `openssl ciphers -v` and openssl-ciphers(1)");
}

// OpenSSL overlooks what it does not know, as long as something is left: each is tried alone.
void set_ciphers(SSL_CTX& context, const std::string& list) {
    for_each_item(list, [&](const std::string& item) {
        constexpr std::string_view commands = "!-+@";
        if (commands.find(item.front()) == std::string_view::npos &&
            SSL_CTX_set_cipher_list(&context, item.c_str()) != 1)
            refuse("ciphers", item);
    });
    if (SSL_CTX_set_cipher_list(&context, list.empty() ? default_ciphers : list.c_str()) != 1)
        refuse("ciphers", list);
}

void set_cipher_suites(SSL_CTX& context, const std::string& list) {
    if (list.empty())
        return;
    if (SSL_CTX_set_ciphersuites(&context, list.c_str()) != 1)
        refuse("cipher_suites", list);
    for_each_item(list, [&](const std::string& item) {
        if (!has_cipher(context, item))
            refuse("cipher_suites", item);
    });
}

void set_groups(SSL_CTX& context, const std::string& list) {
    if (list.empty() || SSL_CTX_set1_groups_list(&context, list.c_str()) == 1)
        return;
    ERR_clear_error();
    throw std::invalid_argument("groups: OpenSSL knows no \"" + list +
                                "\"; it wants names such as X25519:P-256 with colons between them");
}

}  // namespace

void require_valid(const common_options& options) {
    for (const version each : {options.version_min, options.version_max})
        if (each != version::tls1_2 && each != version::tls1_3)
            throw std::invalid_argument("version_min and version_max must be TLS 1.2 or 1.3");
    if (options.version_min > options.version_max)
        throw std::invalid_argument("version_min must not be above version_max");
    if (!options.ciphers.empty() && options.version_min > version::tls1_2)
        throw std::invalid_argument("ciphers are those of TLS 1.2, which version_min excludes; "
                                    "use cipher_suites");
    if (!options.cipher_suites.empty() && options.version_max < version::tls1_3)
        throw std::invalid_argument("cipher_suites are those of TLS 1.3, which version_max "
                                    "excludes; use ciphers");
    if (options.application_protocols)
        require_protocols(*options.application_protocols);
    require_timeout(options.handshake_timeout, "handshake_timeout");
    require_timeout(options.close_timeout, "close_timeout");
}

void apply(const common_options& options, SSL_CTX& context) {
    ERR_clear_error();
    SSL_CTX_set_security_level(&context,
                               std::max(SSL_CTX_get_security_level(&context), security_level_min));
    require(SSL_CTX_set_min_proto_version(&context, static_cast<int>(options.version_min)) == 1,
            "SSL_CTX_set_min_proto_version");
    require(SSL_CTX_set_max_proto_version(&context, static_cast<int>(options.version_max)) == 1,
            "SSL_CTX_set_max_proto_version");
    set_ciphers(context, options.ciphers);
    set_cipher_suites(context, options.cipher_suites);
    set_groups(context, options.groups);
    SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                      SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_clear_options(&context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT |
                                        SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
    SSL_CTX_set_mode(&context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
}

void trust_as_given(SSL_CTX& context) {
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(&context), X509_V_FLAG_PARTIAL_CHAIN);
}

std::string alpn_list(const std::vector<std::string>& protocols) {
    std::string list;
    for (const std::string& protocol : protocols) {
        list += static_cast<char>(protocol.size());
        list += protocol;
    }
    return list;
}

}  // namespace ringlet::tls::detail
