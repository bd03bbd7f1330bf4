#include "client_state.hpp"

#include "common_options.hpp"
#include "engine.hpp"
#include "error_codes.hpp"
#include "loaded_identity.hpp"

#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <exception>
#include <stdexcept>
#include <utility>

namespace ringlet::tls::detail {

namespace {

constexpr std::size_t sessions_limit = 1'000'000;

void require_valid_client(const client_context_options& options) {
    require_valid(common_options(options));
    if (options.accept_any_certificate_from_anyone && options.authorities)
        throw std::invalid_argument("authorities are without effect where "
                                    "accept_any_certificate_from_anyone is set");
    if (options.sessions_max > sessions_limit)
        throw std::invalid_argument("sessions_max must be 0 to 1000000");
}

client_state& state_of(const SSL& connection) noexcept {
    return *static_cast<client_state*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(&connection)));
}

// SSL_CTX_sess_set_new_cb(3): returns 1 where it keeps the session.
int keep_session(SSL* connection, SSL_SESSION* session) noexcept {
    const std::string& name = engine::of(*connection).session_name;
    if (name.empty() || SSL_SESSION_is_resumable(session) == 0)
        return 0;
    session_pointer kept(session);
    try {
        state_of(*connection).sessions()->keep(name, std::move(kept));
    } catch (const std::exception&) {
        // The next connection makes a session of its own. This one is freed, or kept half-way.
    }
    return 1;
}

void log_client_keys(const SSL* connection, const char* line) noexcept {
    state_of(*connection).keys().add(line);
}

bool is_address(const std::string& host) noexcept {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

std::string verified_host(std::string host) {
    if (host.ends_with('.'))
        host.pop_back();
    if (host.find(':') != std::string::npos)
        host = host.substr(0, host.find('%'));
    const bool strange = std::ranges::any_of(host, [](char c) { return c <= ' ' || c > '~'; });
    // OpenSSL takes ".example.org" for every name below example.org: X509_check_host(3).
    if (host.empty() || host.front() == '.' || host.size() > 253 || strange)
        throw std::invalid_argument("tls: \"" + host +
                                    "\" is no host; name the one that the server's certificate is "
                                    "for, such as example.org");
    return host;
}

client_state::client_state(const client_context_options& options)
    : key_log_((require_valid_client(options), options.key_log_file)),
      context_(SSL_CTX_new(TLS_client_method())),
      verifies_(!options.accept_any_certificate_from_anyone),
      handshake_timeout_(options.handshake_timeout), close_timeout_(options.close_timeout) {
    require(context_ != nullptr, "SSL_CTX_new");
    apply(common_options(options), *context_);
    SSL_CTX_set_app_data(context_.get(), this);
    trust(options);
    if (options.identity)
        loaded_identity(*options.identity).use_in(*context_);
    if (options.application_protocols) {
        protocols_ = *options.application_protocols;
        const std::string list = alpn_list(protocols_);
        require(SSL_CTX_set_alpn_protos(context_.get(),
                                        reinterpret_cast<const unsigned char*>(list.data()),
                                        static_cast<unsigned>(list.size())) == 0,
                "SSL_CTX_set_alpn_protos");
    }
    if (options.sessions_max > 0) {
        sessions_.emplace(options.sessions_max);
        SSL_CTX_set_session_cache_mode(context_.get(),
                                       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context_.get(), keep_session);
    } else {
        SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
    }
    if (key_log_.enabled())
        SSL_CTX_set_keylog_callback(context_.get(), log_client_keys);
}

void client_state::trust(const client_context_options& options) {
    if (!verifies_)
        return;
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    if (!options.authorities) {
        require(SSL_CTX_set_default_verify_paths(context_.get()) == 1,
                "SSL_CTX_set_default_verify_paths");
        return;
    }
    trust_as_given(*context_);
    for (const certificate_pointer& authority :
         certificates_of(*options.authorities, "authorities"))
        require(X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), authority.get()) == 1,
                "X509_STORE_add_cert");
}

bool client_state::has_offered(std::string_view protocol) const noexcept {
    return protocol.empty() || std::ranges::count(protocols_, protocol) > 0;
}

void client_state::prepare(engine& prepared, std::string host, int port) {
    SSL& connection = prepared.ssl();
    if (host.empty() && !verifies_)
        return;
    host = verified_host(std::move(host));
    X509_VERIFY_PARAM* const verification = SSL_get0_param(&connection);
    if (is_address(host)) {
        require(X509_VERIFY_PARAM_set1_ip_asc(verification, host.c_str()) == 1,
                "X509_VERIFY_PARAM_set1_ip_asc");
    } else {
        X509_VERIFY_PARAM_set_hostflags(verification, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                                          X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        require(X509_VERIFY_PARAM_set1_host(verification, host.data(), host.size()) == 1,
                "X509_VERIFY_PARAM_set1_host");
        require(SSL_set_tlsext_host_name(&connection, host.c_str()) == 1,
                "SSL_set_tlsext_host_name");
    }
    if (!sessions_)
        return;
    prepared.session_name = host + ' ' + std::to_string(port);
    if (const session_pointer session = sessions_->take(prepared.session_name))
        require(SSL_set_session(&connection, session.get()) == 1, "SSL_set_session");
}

}  // namespace ringlet::tls::detail
