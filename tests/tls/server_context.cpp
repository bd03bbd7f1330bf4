#include "captured_log.hpp"
#include "catch.hpp"
#include "tls/detail/session_text.hpp"
#include "tls/engine_pair.hpp"

#include <ringlet/tls/errc.hpp>
#include <ringlet/tls/server_context.hpp>

#include <openssl/ssl.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tests::tls_server_context {

using ringlet::tls::client_certificates;
using ringlet::tls::client_context;
using ringlet::tls::client_context_options;
using ringlet::tls::errc;
using ringlet::tls::pem;
using ringlet::tls::server_context;
using ringlet::tls::server_context_options;
using ringlet::tls::version;
using ringlet::tls::detail::describe;
using step = engine_pair::step;
using namespace std::chrono_literals;

namespace {

/// Why a context with options that `change` has changed cannot be made.
std::string refusal_of(const std::function<void(server_context_options&)>& change) {
    return refusal_by<server_context>(server_options(), change);
}

/// The certificate that a server of `context` shows to a client that asks for `host`.
std::string shown_to(const server_context& context, const std::string& host,
                     client_context_options options = client_options()) {
    options.accept_any_certificate_from_anyone = true;
    options.authorities.reset();
    engine_pair pair(context, client_context(options), host);
    if (pair.shake_hands().first != step::done)
        return pair.server.error() == errc::unrecognized_name ? "refused" : "failed";
    return describe(pair.client.ssl()).peer_certificates.front().subject;
}

}  // namespace

TEST_CASE("every option of a server acts or is refused in a sentence", "[tls]") {
    using options = server_context_options;
    const auto starts = [](const std::string& text, const char* with) {
        INFO(text);
        return text.starts_with(with);
    };
    CHECK(refusal_of([](options&) {}) == "it can be made");
    CHECK(starts(refusal_of([](options& o) { o.identities.clear(); }), "identities has no"));
    CHECK(
        starts(refusal_of([](options& o) { o.version_max = version(0x0302); }), "version_min and"));
    CHECK(starts(refusal_of([](options& o) {
                     o.version_min = version::tls1_3;
                     o.version_max = version::tls1_2;
                 }),
                 "version_min must not be above"));
    CHECK(starts(refusal_of([](options& o) { o.ciphers = "NO-SUCH-CIPHER"; }),
                 "ciphers: OpenSSL knows no \"NO-SUCH-CIPHER\""));
    CHECK(starts(refusal_of([](options& o) { o.ciphers = "ECDHE+AESGCM:TYPO"; }),
                 "ciphers: OpenSSL knows no \"TYPO\""));
    CHECK(starts(refusal_of([](options& o) { o.cipher_suites = "TLS_AES_256_GCM_SHA384:TYPO"; }),
                 "cipher_suites: OpenSSL knows no"));
    CHECK(starts(refusal_of([](options& o) {
                     o.version_min = version::tls1_3;
                     o.ciphers = "ECDHE+AESGCM";
                 }),
                 "ciphers are those of TLS 1.2"));
    CHECK(starts(refusal_of([](options& o) {
                     o.version_max = version::tls1_2;
                     o.cipher_suites = "TLS_AES_256_GCM_SHA384";
                 }),
                 "cipher_suites are those of TLS 1.3"));
    CHECK(starts(refusal_of([](options& o) { o.groups = "X25519:P-257"; }), "groups: OpenSSL"));
    CHECK(starts(refusal_of([](options& o) { o.application_protocols.emplace(); }),
                 "application_protocols has no protocol"));
    CHECK(starts(
        refusal_of([](options& o) { o.application_protocols = std::vector<std::string>{""}; }),
        "application_protocols: \"\" must have"));
    CHECK(starts(
        refusal_of([](options& o) { o.client_certificates = client_certificates::required; }),
        "client_authorities must say"));
    CHECK(starts(refusal_of([](options& o) {
                     o.client_authorities = pem::file(certificates::own().authority());
                 }),
                 "client_authorities is without effect"));
    CHECK(starts(refusal_of([](options& o) { o.ticket_lifetime = 59s; }), "ticket_lifetime must"));
    CHECK(starts(refusal_of([](options& o) { o.reload_interval = -1ms; }), "reload_interval must"));
    CHECK(starts(refusal_of([](options& o) { o.handshake_timeout = 0ms; }), "handshake_timeout"));
    CHECK(starts(refusal_of([](options& o) { o.close_timeout = -1s; }), "close_timeout must"));
    auto unwritable = server_options();
    unwritable.key_log_file = "/";
    CHECK_THROWS_AS(server_context(unwritable), std::system_error);
}

TEST_CASE("a context is made of two files in one line", "[tls]") {
    const issued_certificate& own = certificates::own().server();
    engine_pair pair(server_context(own.certificate, own.key));
    CHECK(pair.shake_hands().first == step::done);
    CHECK_THROWS_AS(server_context("/no/such/file", own.key), std::system_error);
}

TEST_CASE("a server chooses its certificate by the name that the client asks for", "[tls]") {
    auto options = server_options();
    options.identities.push_back(certificates::own().other().identity());
    const server_context context(options);
    CHECK(shown_to(context, "localhost") == "CN=server");
    CHECK(shown_to(context, "other.example") == "CN=other");
    CHECK(shown_to(context, "OTHER.example.") == "CN=other");
    CHECK(shown_to(context, "a.wild.example") == "CN=other");
    CHECK(shown_to(context, "a.b.wild.example") == "CN=server");
    CHECK(shown_to(context, "wild.example") == "CN=server");
    CHECK(shown_to(context, "unknown.example") == "CN=server");
    CHECK(shown_to(context, "192.0.2.1") == "CN=server");  // for which no name is asked

    options.refuse_unknown_names = true;
    const server_context strict(options);
    CHECK(shown_to(strict, "unknown.example") == "refused");
    CHECK(shown_to(strict, "other.example") == "CN=other");
    CHECK(shown_to(strict, "192.0.2.1") == "CN=server");
}

TEST_CASE("a client is told that the server has no certificate for the name", "[tls]") {
    auto options = server_options();
    options.refuse_unknown_names = true;
    engine_pair pair{server_context(options), client_context(client_options()), "unknown.example"};
    CHECK(pair.shake_hands() == std::pair(step::failed, step::failed));
    CHECK(pair.client.error() == errc::unrecognized_name);
}

TEST_CASE("certificates of both kinds of keys for one name are offered together", "[tls]") {
    auto options = server_options();
    options.identities.push_back(certificates::own().server_rsa().identity());
    const server_context context(options);
    auto client = client_options();
    client.version_max = version::tls1_2;
    client.ciphers = "ECDHE+aRSA+AESGCM";
    CHECK(shown_to(context, "localhost", client) == "CN=server_rsa");
    client.ciphers = "ECDHE+aECDSA+AESGCM";
    CHECK(shown_to(context, "localhost", client) == "CN=server");
}

TEST_CASE("TLS 1.1 is refused with the alert for versions", "[tls]") {
    engine_pair pair;
    SSL_set_security_level(&pair.client.ssl(), 0);
    SSL_set_min_proto_version(&pair.client.ssl(), TLS1_VERSION);
    SSL_set_max_proto_version(&pair.client.ssl(), TLS1_1_VERSION);
    SSL_set_cipher_list(&pair.client.ssl(), "ALL:@SECLEVEL=0");
    CHECK(pair.shake_hands() == std::pair(step::failed, step::failed));
    CHECK(pair.server.error() == errc::no_common_version);
    CHECK(pair.client.error() == errc::no_common_version);
}

TEST_CASE("versions, suites and groups are those of the options", "[tls]") {
    auto options = server_options();
    options.version_max = version::tls1_2;
    options.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
    engine_pair older{server_context(options)};
    CHECK(older.shake_hands().first == step::done);
    CHECK(describe(older.client.ssl()).version == version::tls1_2);
    CHECK(describe(older.client.ssl()).cipher == "ECDHE-ECDSA-AES256-GCM-SHA384");

    options = server_options();
    options.version_min = version::tls1_3;
    options.cipher_suites = "TLS_CHACHA20_POLY1305_SHA256";
    options.groups = "P-384";
    engine_pair newer{server_context(options)};
    CHECK(newer.shake_hands().first == step::done);
    CHECK(describe(newer.client.ssl()).cipher == "TLS_CHACHA20_POLY1305_SHA256");
    CHECK(SSL_get_shared_group(&newer.server.ssl(), 0) == NID_secp384r1);

    auto client = client_options();
    client.version_max = version::tls1_2;
    engine_pair apart{server_context(options), client_context(client)};
    CHECK(apart.shake_hands() == std::pair(step::failed, step::failed));
    CHECK(apart.client.error() == errc::no_common_version);

    client = client_options();
    client.groups = "X25519";
    engine_pair without_group{server_context(options), client_context(client)};
    CHECK(without_group.shake_hands() == std::pair(step::failed, step::failed));
    CHECK(without_group.server.error() == errc::no_common_cipher);
}

TEST_CASE("the two ends agree on an application protocol, by the server's order", "[tls]") {
    auto server = server_options();
    server.application_protocols = std::vector<std::string>{"h2", "http/1.1"};
    const server_context context(server);
    auto client = client_options();
    const auto agreed = [&](std::optional<std::vector<std::string>> offered) -> std::string {
        client.application_protocols = std::move(offered);
        engine_pair pair(context, client_context(client));
        if (pair.shake_hands().second != step::done)
            return pair.client.error() == errc::no_application_protocol &&
                           pair.server.error() == errc::no_application_protocol
                       ? "refused"
                       : "failed";
        CHECK(describe(pair.client.ssl()).application_protocol ==
              describe(pair.server.ssl()).application_protocol);
        return describe(pair.server.ssl()).application_protocol;
    };
    using list = std::vector<std::string>;
    CHECK(agreed(list{"http/1.1", "h2"}) == "h2");
    CHECK(agreed(list{"http/1.1"}) == "http/1.1");
    CHECK(agreed(list{"smtp"}) == "refused");
    CHECK(agreed(std::nullopt).empty());
}

TEST_CASE("a server asks its clients for certificates, or does not", "[tls]") {
    certificates& own = certificates::own();
    const auto meet = [&](client_certificates wanted, const issued_certificate* shown) {
        auto options = server_options();
        options.client_certificates = wanted;
        if (wanted != client_certificates::none)
            options.client_authorities = pem::file(own.authority());
        auto client = client_options();
        if (shown != nullptr)
            client.identity = shown->identity();
        engine_pair pair{server_context(options), client_context(client)};
        if (pair.shake_hands().second != step::done)
            return pair.server.error().message();
        const auto peer = describe(pair.server.ssl()).peer_certificates;
        return peer.empty() ? std::string("nobody") : peer.front().subject;
    };
    CHECK(meet(client_certificates::none, &own.client()) == "nobody");
    CHECK(meet(client_certificates::asked, nullptr) == "nobody");
    CHECK(meet(client_certificates::asked, &own.client()) == "CN=alice");
    CHECK(meet(client_certificates::required, &own.client()) == "CN=alice");
    CHECK(meet(client_certificates::required, nullptr) ==
          std::error_code(errc::certificate_required).message());
    CHECK(meet(client_certificates::required, &own.self_signed()) ==
          std::error_code(errc::certificate_self_signed).message());
}

TEST_CASE("a server that begins with an expired certificate says so", "[tls]") {
    const captured_log log;
    server_context_options options;
    options.identities.push_back(certificates::own().expired().identity());
    const server_context made(options);
    CHECK_THAT(log.text(), StartsWith("ringlet: a TLS certificate has expired; clients refuse it; "
                                      "renew it level=warning certificate="));
}

TEST_CASE("secrets are logged only where the options name a file", "[tls]") {
    const std::string file = certificates::own().path("secrets");
    auto options = server_options();
    options.key_log_file = file;
    engine_pair pair{server_context(options)};
    CHECK(pair.shake_hands().first == step::done);
    CHECK(certificates::own().read(file).find("CLIENT_HANDSHAKE_TRAFFIC_SECRET ") !=
          std::string::npos);
}

}  // namespace tests::tls_server_context
