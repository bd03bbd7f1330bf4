#include "captured_log.hpp"
#include "catch.hpp"
#include "environment_variable.hpp"
#include "tls/detail/session_text.hpp"
#include "tls/engine_pair.hpp"

#include <ringlet/tls/client_context.hpp>
#include <ringlet/tls/errc.hpp>

#include <functional>
#include <stdexcept>
#include <string>

namespace tests::tls_client_context {

using ringlet::tls::cause_of;
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

std::string refusal_of(const std::function<void(client_context_options&)>& change) {
    return refusal_by<client_context>(client_options(), change);
}

/// How a client that wants `host` finds a server that shows `shown`.
std::error_code found(const issued_certificate& shown, const std::string& host,
                      const client_context& context = client_context(client_options())) {
    server_context_options options;
    options.identities.push_back(shown.identity());
    engine_pair pair(server_context(options), context, host);
    const auto reached = pair.shake_hands();
    CHECK((reached.first == step::done) == !pair.client.error());
    return pair.client.error();
}

}  // namespace

TEST_CASE("every option of a client acts or is refused in a sentence", "[tls]") {
    using options = client_context_options;
    CHECK(refusal_of([](options&) {}) == "it can be made");
    CHECK_THAT(refusal_of([](options& o) { o.accept_any_certificate_from_anyone = true; }),
               StartsWith("authorities are without effect"));
    CHECK_THAT(refusal_of([](options& o) { o.sessions_max = 1'000'001; }),
               StartsWith("sessions_max must be"));
    CHECK_THAT(refusal_of([](options& o) { o.ciphers = "TYPO"; }),
               StartsWith("ciphers: OpenSSL knows no"));
    CHECK_THAT(refusal_of([](options& o) { o.application_protocols.emplace(); }),
               StartsWith("application_protocols has no protocol"));
    CHECK_THAT(refusal_of([](options& o) { o.handshake_timeout = 0ms; }),
               StartsWith("handshake_timeout must"));
    client_context_options without_file;
    without_file.authorities = pem::file("/no/such/file");
    CHECK_THROWS_WITH(client_context(without_file), StartsWith("cannot read the file"));
    without_file.authorities = pem::text("none");
    CHECK_THROWS_WITH(client_context(without_file), StartsWith("authorities, the text in memory"));
}

TEST_CASE("a client accepts the server that it wants, and no other", "[tls]") {
    const captured_log warnings;  // of the expired certificate
    certificates& own = certificates::own();
    CHECK_FALSE(found(own.server(), "localhost"));
    CHECK_FALSE(found(own.server(), "LOCALHOST."));
    CHECK_FALSE(found(own.server(), "127.0.0.1"));
    CHECK_FALSE(found(own.server(), "::1"));
    CHECK_FALSE(found(own.server(), "::1%lo"));
    CHECK_FALSE(found(own.other(), "a.wild.example"));
    CHECK(found(own.other(), "a.b.wild.example") == errc::host_name_mismatch);
    CHECK(found(own.server(), "other.example") == errc::host_name_mismatch);
    CHECK(found(own.server(), "server") == errc::host_name_mismatch);  // its common name
    CHECK(found(own.server(), "127.0.0.2") == errc::ip_address_mismatch);
    CHECK(found(own.expired(), "localhost") == errc::certificate_expired);
    CHECK(found(own.self_signed(), "localhost") == errc::certificate_self_signed);
}

TEST_CASE("a client tells the server why it does not accept it", "[tls]") {
    const captured_log warnings;
    server_context_options options;
    options.identities.push_back(certificates::own().expired().identity());
    engine_pair pair{server_context(options)};
    CHECK(pair.shake_hands() == std::pair(step::failed, step::failed));
    CHECK(pair.server.error().message().find("certificate expired") != std::string::npos);
    CHECK(cause_of(pair.server.error()) == ringlet::tls::failure_cause::certificate);
}

TEST_CASE("a client that accepts anyone does so by an option of an ugly name alone", "[tls]") {
    const captured_log warnings;
    certificates& own = certificates::own();
    client_context_options options;
    options.accept_any_certificate_from_anyone = true;
    const client_context careless(options);
    CHECK_FALSE(found(own.self_signed(), "other.example", careless));
    CHECK_FALSE(found(own.expired(), "", careless));
}

TEST_CASE("without a host nobody is accepted", "[tls]") {
    for (const char* const host : {"", ".", ".example.org", "..", "a b", "a\nb", "caf\xc3\xa9"})
        CHECK_THROWS_AS(found(certificates::own().server(), host), std::invalid_argument);
    CHECK_THROWS_AS(found(certificates::own().server(), std::string(254, 'x')),
                    std::invalid_argument);
}

TEST_CASE("a client trusts the system's authorities, or those it is given", "[tls]") {
    certificates& own = certificates::own();
    {
        const environment_variable none("SSL_CERT_FILE", "/dev/null");
        CHECK(found(own.server(), "localhost", client_context()) == errc::authority_unknown);
    }
    {
        const environment_variable system("SSL_CERT_FILE", own.authority().c_str());
        CHECK_FALSE(found(own.server(), "localhost", client_context()));
    }
    client_context_options options;
    options.authorities = pem::text(own.read(own.authority()));
    CHECK_FALSE(found(own.server(), "localhost", client_context(options)));
}

TEST_CASE("a client trusts the very certificate that it is given", "[tls]") {
    certificates& own = certificates::own();
    client_context_options options;
    options.authorities = pem::file(own.server().certificate);
    CHECK_FALSE(found(own.server(), "localhost", client_context(options)));
    CHECK(found(own.server(), "other.example", client_context(options)) ==
          errc::host_name_mismatch);
    CHECK(found(own.server_rsa(), "localhost", client_context(options)) == errc::authority_unknown);
}

TEST_CASE("a client's options say what it speaks", "[tls]") {
    auto options = client_options();
    options.version_max = version::tls1_2;
    options.ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305";
    engine_pair pair{server_context(server_options()), client_context(options)};
    CHECK(pair.shake_hands().second == step::done);
    CHECK(describe(pair.server.ssl()).version == version::tls1_2);
    CHECK(describe(pair.server.ssl()).cipher == "ECDHE-ECDSA-CHACHA20-POLY1305");
    CHECK(describe(pair.server.ssl()).server_name == "localhost");
}

}  // namespace tests::tls_client_context
