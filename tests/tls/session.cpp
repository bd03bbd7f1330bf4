#include "catch.hpp"
#include "check_awaited.hpp"
#include "forked_child.hpp"
#include "receive.hpp"
#include "run_virtually.hpp"
#include "tls/detail/session_text.hpp"
#include "tls/engine_pair.hpp"
#include "tls/secured_pair.hpp"

#include <ringlet/net/stream_pair.hpp>
#include <ringlet/tls/errc.hpp>
#include <ringlet/tls/session.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace tests::tls_session {

using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::tls::client_certificates;
using ringlet::tls::client_context;
using ringlet::tls::client_context_options;
using ringlet::tls::errc;
using ringlet::tls::pem;
using ringlet::tls::server_context;
using ringlet::tls::server_context_options;
using ringlet::tls::session;
using ringlet::tls::session_of;
using ringlet::tls::version;
using ringlet::tls::detail::describe;
using step = engine_pair::step;
using list = std::vector<std::string>;

namespace {

/// Makes a connection, on which a byte goes each way, and says whether it took up an earlier
/// session.
bool resumes(const server_context& server, const client_context& client) {
    bool resumed = false;
    run_virtually([&](loop&) -> task<> {
        secured_pair pair(server, client);
        co_await pair.secure_in_memory();
        CHECK_FALSE(pair.client_error);
        CHECK_FALSE(pair.server_error);
        co_await pair.server().send_all("x");
        CHECK_AWAITED(co_await receive(pair.client(), 1), "x");
        const auto ours = session_of(pair.client());
        const auto theirs = session_of(pair.server());
        resumed = ours->resumed;
        CHECK(theirs->resumed == resumed);
        co_await pair.close();
    });
    return resumed;
}

}  // namespace

TEST_CASE("a handler can ask what was agreed", "[tls]") {
    run_virtually([](loop&) -> task<> {
        auto server = server_options();
        server.application_protocols = list{"chat"};
        auto client = client_options();
        client.application_protocols = list{"other", "chat"};
        secured_pair pair{server_context(server), client_context(client)};
        co_await pair.secure_in_memory(1000, "example.org");
        const session ours = session_of(pair.client()).value();
        const session theirs = session_of(pair.server()).value();
        CHECK(ours.version == version::tls1_3);
        CHECK(theirs.version == version::tls1_3);
        CHECK_THAT(ours.cipher, StartsWith("TLS_"));
        CHECK(theirs.cipher == ours.cipher);
        CHECK(ours.application_protocol == "chat");
        CHECK(theirs.application_protocol == "chat");
        CHECK(ours.server_name == "example.org");
        CHECK(theirs.server_name == "example.org");
        CHECK(theirs.peer_certificates.empty());
        REQUIRE(ours.peer_certificates.size() == 1);
        CHECK(ours.peer_certificates[0].subject == "CN=server");
        CHECK(ours.peer_certificates[0].issuer == "CN=authority");
        CHECK(ours.peer_certificates[0].dns_names == list{"localhost", "example.org"});
        CHECK(ours.peer_certificates[0].ip_addresses == list{"127.0.0.1", "::1"});
        co_await pair.close();
        CHECK_FALSE(session_of(pair.client()));
    });
}

TEST_CASE("a stream without TLS has agreed on nothing", "[tls]") {
    run_virtually([](loop& owner) -> task<> {
        ringlet::stream_pair plain;
        CHECK_FALSE(session_of(plain.one));
        stream closed(owner, ringlet::socket());
        CHECK_FALSE(session_of(closed));
        co_return;
    });
}

TEST_CASE("a server sees the certificate of its client", "[tls]") {
    run_virtually([](loop&) -> task<> {
        certificates& own = certificates::own();
        auto server = server_options();
        server.client_certificates = client_certificates::required;
        server.client_authorities = pem::file(own.authority());
        auto client = client_options();
        client.identity = own.client().identity();
        secured_pair pair{server_context(server), client_context(client)};
        for (const bool again : {false, true}) {
            co_await pair.secure_in_memory();
            co_await pair.server().send_all("x");
            CHECK_AWAITED(co_await receive(pair.client(), 1), "x");
            const session seen = session_of(pair.server()).value();
            CHECK(seen.resumed == again);
            REQUIRE(seen.peer_certificates.size() == 1);
            const auto& alice = seen.peer_certificates[0];
            CHECK(alice.subject == "CN=alice");
            CHECK(alice.email_addresses == list{"alice@example.org"});
            CHECK(alice.uris == list{"urn:example:alice"});
            CHECK_THAT(alice.pem, StartsWith("-----BEGIN CERTIFICATE-----\n"));
            CHECK(own.read(own.client().certificate) == alice.pem);
            CHECK(alice.der.size() > 200);
            co_await pair.close();
        }
    });
}

TEST_CASE("the next connection takes up the session of the one before", "[tls]") {
    const auto spoken = GENERATE(version::tls1_2, version::tls1_3);
    auto options = client_options();
    options.version_max = spoken;
    const server_context server(server_options());
    const client_context client(options);
    CHECK_FALSE(resumes(server, client));
    CHECK(resumes(server, client));
    CHECK(resumes(server, client));
    CHECK(server.counters().handshakes == 3);
    CHECK(server.counters().resumed == 2);
    CHECK(client.counters().resumed == 2);

    CHECK_FALSE(resumes(server_context(server_options()), client));  // which has other keys
}

TEST_CASE("sessions are taken up only where both sides keep them", "[tls]") {
    const auto spoken = GENERATE(version::tls1_2, version::tls1_3);
    auto forgetful_server = server_options();
    forgetful_server.version_max = spoken;
    forgetful_server.ticket_lifetime = std::chrono::seconds(0);
    const server_context server(forgetful_server);
    const client_context client(client_options());
    CHECK_FALSE(resumes(server, client));
    CHECK_FALSE(resumes(server, client));

    auto forgetful_client = client_options();
    forgetful_client.version_max = spoken;
    forgetful_client.sessions_max = 0;
    const client_context other(forgetful_client);
    const server_context keeping(server_options());
    CHECK_FALSE(resumes(keeping, other));
    CHECK_FALSE(resumes(keeping, other));
}

TEST_CASE("a client keeps as many sessions as it may", "[tls]") {
    auto options = server_options();
    options.identities = {certificates::own().other().identity()};
    const server_context server(options);
    auto two = client_options();
    two.sessions_max = 2;
    const client_context client(two);
    const auto visit = [&](const std::string& host) {
        bool resumed = false;
        run_virtually([&](loop&) -> task<> {
            secured_pair pair(server, client);
            co_await pair.secure_in_memory(65'536, host);
            co_await pair.server().send_all("x");
            co_await receive(pair.client(), 1);
            resumed = session_of(pair.client())->resumed;
            co_await pair.close();
        });
        return resumed;
    };
    for (const char* const host : {"a.wild.example", "b.wild.example"})
        CHECK_FALSE(visit(host));
    CHECK(visit("a.wild.example"));
    CHECK_FALSE(visit("c.wild.example"));  // for which b makes room
    CHECK(visit("a.wild.example"));
    CHECK_FALSE(visit("b.wild.example"));
}

TEST_CASE("a forked child takes up its parent's sessions, and counts with it", "[tls]") {
    const server_context server(server_options());
    const client_context client(client_options());
    CHECK_FALSE(resumes(server, client));
    CHECK(run_in_child([&] { return resumes(server, client) ? 7 : 8; }).exited_with(7));
    CHECK(server.counters().handshakes == 2);
    CHECK(server.counters().resumed == 1);
}

TEST_CASE("a certificate that a client shows beside its verified chain is not told", "[tls]") {
    server_context_options demanding = server_options();
    demanding.client_certificates = client_certificates::required;
    demanding.client_authorities = pem::file(certificates::own().authority());
    certificates& own = certificates::own();
    client_context_options showing = client_options();
    showing.identity = {pem::text(own.read(own.client().certificate) + own.read(own.authority()) +
                                  own.read(own.self_signed().certificate)),
                        pem::file(own.client().key)};
    engine_pair pair{server_context(demanding), client_context(showing)};
    CHECK(pair.shake_hands() == std::pair(step::done, step::done));
    list subjects;
    for (const auto& each : describe(pair.server.ssl()).peer_certificates)
        subjects.push_back(each.subject);
    CHECK(subjects == list{"CN=alice", "CN=authority"});
}

TEST_CASE("a client whose certificate has expired meanwhile takes up no session", "[tls]") {
    server_context_options demanding = server_options();
    demanding.client_certificates = client_certificates::required;
    demanding.client_authorities = pem::file(certificates::own().authority());
    client_context_options showing = client_options();
    showing.identity = certificates::own().expired().identity();
    const server_context server(demanding);
    const client_context client(showing);
    {
        engine_pair before(server, client);
        X509_VERIFY_PARAM_set_flags(SSL_get0_param(&before.server.ssl()),
                                    X509_V_FLAG_NO_CHECK_TIME);
        CHECK(before.shake_hands() == std::pair(step::done, step::done));
        CHECK(engine_pair::carry(before.server, before.client, "and a ticket") == "and a ticket");
    }
    engine_pair after(server, client);
    CHECK(after.shake_hands().second == step::failed);
    CHECK(after.server.error() == errc::certificate_expired);
}

}  // namespace tests::tls_session
