#include "server_material.hpp"

#include "common_options.hpp"
#include "error_codes.hpp"
#include "loaded_identity.hpp"
#include "server_callbacks.hpp"
#include "server_state.hpp"

#include <algorithm>
#include <array>

namespace ringlet::tls::detail {

namespace {

// Sessions are for one use; contexts that stand in for each other must agree.
constexpr std::array<unsigned char, 7> session_use{'r', 'i', 'n', 'g', 'l', 'e', 't'};

std::string lower_name(std::string_view name) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (lower.ends_with('.'))
        lower.pop_back();
    return lower;
}

int mode_of(client_certificates wanted) noexcept {
    switch (wanted) {
    case client_certificates::required:
        return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    case client_certificates::asked:
        return SSL_VERIFY_PEER;
    default:
        return SSL_VERIFY_NONE;
    }
}

}  // namespace

server_material::server_material(const server_context_options& options, server_state& state)
    : state_(state), refuses_unknown_names_(options.refuse_unknown_names),
      alpn_(alpn_list(options.application_protocols.value_or(std::vector<std::string>()))) {
    add_identities(options);
    if (options.client_authorities)
        demand_certificates(options);
}

// Certificates for equal names share a context, in which OpenSSL chooses by the kind of key.
void server_material::add_identities(const server_context_options& options) {
    struct group {
        std::vector<std::string> names;
        std::vector<int> key_kinds;
    };
    std::vector<group> groups;
    for (const identity& source : options.identities) {
        const loaded_identity loaded(source);
        digest_ += loaded.digest();
        if (loaded.expired() && expired_.empty())
            expired_ = loaded.description();
        const auto joined = std::ranges::find_if(groups, [&](const group& each) {
            return each.names == loaded.names() &&
                   std::ranges::count(each.key_kinds, loaded.key_kind()) == 0;
        });
        const auto index = static_cast<std::size_t>(joined - groups.begin());
        if (joined == groups.end()) {
            groups.push_back({loaded.names(), {}});
            contexts_.push_back(make_context(options));
        }
        groups[index].key_kinds.push_back(loaded.key_kind());
        loaded.use_in(*contexts_[index]);
        for (const std::string& name : loaded.names())
            by_name_.try_emplace(name, contexts_[index].get());
    }
}

context_pointer server_material::make_context(const server_context_options& options) {
    context_pointer made(SSL_CTX_new(TLS_server_method()));
    require(made != nullptr, "SSL_CTX_new");
    apply(common_options(options), *made);
    SSL_CTX_set_app_data(made.get(), this);
    SSL_CTX_set_verify(made.get(), mode_of(options.client_certificates), nullptr);
    require(SSL_CTX_set_session_id_context(made.get(), session_use.data(), session_use.size()) == 1,
            "SSL_CTX_set_session_id_context");
    SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);  // sessions are in tickets
    SSL_CTX_set_num_tickets(made.get(), options.ticket_lifetime.count() > 0 ? 1 : 0);
    if (options.ticket_lifetime.count() > 0)
        SSL_CTX_set_timeout(made.get(), options.ticket_lifetime.count());
    else
        SSL_CTX_set_options(made.get(), SSL_OP_NO_TICKET);
    set_callbacks(*made, *this);
    return made;
}

void server_material::demand_certificates(const server_context_options& options) {
    const auto authorities = certificates_of(*options.client_authorities, "client_authorities");
    for (const context_pointer& each : contexts_) {
        trust_as_given(*each);
        for (const certificate_pointer& authority : authorities) {
            require(X509_STORE_add_cert(SSL_CTX_get_cert_store(each.get()), authority.get()) == 1,
                    "X509_STORE_add_cert");
            require(SSL_CTX_add_client_CA(each.get(), authority.get()) == 1,
                    "SSL_CTX_add_client_CA");
        }
    }
    for (const certificate_pointer& authority : authorities) {
        std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
        unsigned size = 0;
        require(X509_digest(authority.get(), EVP_sha256(), bytes.data(), &size) == 1,
                "X509_digest");
        digest_.append(reinterpret_cast<const char*>(bytes.data()), size);
    }
}

SSL_CTX* server_material::context_for(std::string_view name) const {
    const std::string wanted = lower_name(name);
    if (const auto exact = by_name_.find(wanted); exact != by_name_.end())
        return exact->second;
    const std::size_t dot = wanted.find('.');
    if (dot == std::string::npos || dot == 0)
        return nullptr;
    const auto wildcard = by_name_.find("*" + wanted.substr(dot));
    return wildcard == by_name_.end() ? nullptr : wildcard->second;
}

const server_material& server_material::of(const SSL& connection) noexcept {
    return *static_cast<const server_material*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(&connection)));
}

}  // namespace ringlet::tls::detail
