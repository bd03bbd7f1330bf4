#pragma once

#include "openssl.hpp"

#include <ringlet/tls/server_context.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ringlet::tls::detail {

class server_state;

/// What a server shows and demands at one time: the certificates and authorities as they were in
/// their files then. It never changes; a reload makes another.
///
/// Thread-safe. Lifetime: the state outlives it.
class server_material {
public:
    /// Reads all that `options` name. Throws as server_context does.
    server_material(const server_context_options& options, server_state& state);
    server_material(const server_material&) = delete;
    server_material& operator=(const server_material&) = delete;

    /// The context with which a connection begins: that of the first certificate.
    [[nodiscard]] SSL_CTX& first_context() const noexcept { return *contexts_.front(); }

    /// The context for the name that a client asks for, or nullptr if there is none.
    [[nodiscard]] SSL_CTX* context_for(std::string_view name) const;

    /// Whether a client is refused that asks for a name without a context.
    [[nodiscard]] bool refuses_unknown_names() const noexcept { return refuses_unknown_names_; }

    /// The application protocols of the server, the best first, as ALPN has them.
    [[nodiscard]] const std::string& alpn() const noexcept { return alpn_; }

    /// What tells this material from others.
    [[nodiscard]] const std::string& digest() const noexcept { return digest_; }

    /// The file or subject of a certificate that has expired; empty if there is none.
    [[nodiscard]] const std::string& expired() const noexcept { return expired_; }

    [[nodiscard]] server_state& state() const noexcept { return state_; }

    /// The material of a connection.
    [[nodiscard]] static const server_material& of(const SSL& connection) noexcept;

private:
    void add_identities(const server_context_options& options);
    context_pointer make_context(const server_context_options& options);
    void demand_certificates(const server_context_options& options);

    server_state& state_;
    bool refuses_unknown_names_;
    std::string alpn_;
    std::string digest_;
    std::string expired_;
    std::vector<context_pointer> contexts_;
    std::map<std::string, SSL_CTX*, std::less<>> by_name_;  // "*.example.org" among them
};

}  // namespace ringlet::tls::detail
