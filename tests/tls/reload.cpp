#include "captured_log.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "temporary_directory.hpp"
#include "tls/detail/session_text.hpp"
#include "tls/engine_pair.hpp"

#include <ringlet/tls/errc.hpp>
#include <ringlet/tls/server_context.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace tests::tls_reload {

using ringlet::tls::client_context;
using ringlet::tls::client_context_options;
using ringlet::tls::errc;
using ringlet::tls::pem;
using ringlet::tls::server_context;
using ringlet::tls::server_context_options;
using ringlet::tls::detail::describe;
using step = engine_pair::step;
using namespace std::chrono_literals;

namespace {

/// A server's certificate and key in files of their own, which a test replaces.
class replaced_files {
public:
    replaced_files() {
        write_certificate(certificates::own().server());
        write_key(certificates::own().server());
    }

    void write_certificate(const issued_certificate& from) {
        directory_.write("server.pem", certificates::own().read(from.certificate));
    }
    void write_key(const issued_certificate& from) {
        directory_.write("server.key", certificates::own().read(from.key));
    }
    void write_half(const issued_certificate& from) {
        const std::string whole = certificates::own().read(from.certificate);
        directory_.write("server.pem", whole.substr(0, whole.size() / 2));
    }
    void remove() const { std::filesystem::remove(directory_.path() / "server.pem"); }

    [[nodiscard]] server_context context(std::chrono::milliseconds interval) const {
        server_context_options options;
        options.identities.push_back({pem::file(directory_.path() / "server.pem"),
                                      pem::file(directory_.path() / "server.key")});
        options.reload_interval = interval;
        return server_context(options);
    }

private:
    temporary_directory directory_;
};

client_context careless() {
    client_context_options options;
    options.accept_any_certificate_from_anyone = true;
    return client_context(options);
}

std::string shown_by(const server_context& context) {
    engine_pair pair(context, careless());
    CHECK(pair.shake_hands().first == step::done);
    return describe(pair.client.ssl()).peer_certificates.front().subject;
}

}  // namespace

TEST_CASE("a reload brings other certificates into use, and old connections keep theirs", "[tls]") {
    replaced_files files;
    server_context context = files.context(0ms);
    engine_pair before(context, careless());
    CHECK(before.client.handshake() == step::needs_input);
    files.write_certificate(certificates::own().other());
    files.write_key(certificates::own().other());
    CHECK(shown_by(context) == "CN=server");
    CHECK_FALSE(context.reload());
    CHECK(shown_by(context) == "CN=other");
    CHECK(before.shake_hands().first == step::done);
    CHECK(describe(before.client.ssl()).peer_certificates.front().subject == "CN=server");
    CHECK(engine_pair::carry(before.client, before.server, "still here") == "still here");
    CHECK(context.counters().reloads == 1);
    CHECK_FALSE(context.reload());
    CHECK(context.counters().reloads == 1);  // nothing is new
    CHECK(context.counters().failed_reloads == 0);
}

TEST_CASE("a bad pair leaves the earlier one in use, and is reported", "[tls]") {
    const captured_log log;
    replaced_files files;
    server_context context = files.context(0ms);
    const auto refused = [&](auto expected) {
        CHECK(context.reload() == expected);
        CHECK(shown_by(context) == "CN=server");
    };
    files.write_certificate(certificates::own().other());
    refused(errc::key_mismatch);
    files.write_half(certificates::own().other());
    refused(errc::unreadable_certificate);
    files.remove();
    refused(std::errc::no_such_file_or_directory);
    files.write_certificate(certificates::own().expired());
    files.write_key(certificates::own().expired());
    refused(errc::expired_certificate);
    CHECK(context.counters().failed_reloads == 4);
    REQUIRE(log.lines().size() == 4);
    CHECK_THAT(log.lines()[0], StartsWith("ringlet: TLS certificates could not be reloaded; those "
                                          "from before stay in use level=error error="));
    CHECK(log.lines()[0].find("the private key is not that of the certificate") !=
          std::string::npos);
    files.write_certificate(certificates::own().other());
    files.write_key(certificates::own().other());
    CHECK_FALSE(context.reload());
    CHECK(shown_by(context) == "CN=other");
}

TEST_CASE("changed files are found in the course of handshakes", "[tls]") {
    const captured_log log;
    replaced_files files;
    const server_context context = files.context(1ms);
    CHECK(shown_by(context) == "CN=server");
    files.write_certificate(certificates::own().other());
    for (int i = 0; i < 20; ++i)
        CHECK(shown_by(context) == "CN=server");
    files.write_key(certificates::own().other());
    CHECK(eventually([&] { return shown_by(context) == "CN=other"; }));
    CHECK(context.counters().reloads == 1);
}

TEST_CASE("tickets from before a reload with other certificates are not taken", "[tls]") {
    replaced_files files;
    server_context context = files.context(0ms);
    const client_context client = careless();
    const auto resumes = [&] {
        engine_pair pair(context, client);
        CHECK(pair.shake_hands().first == step::done);
        CHECK(engine_pair::carry(pair.server, pair.client, "x") == "x");  // with a ticket before
        return describe(pair.client.ssl()).resumed;
    };
    CHECK_FALSE(resumes());
    CHECK(resumes());
    CHECK_FALSE(context.reload());
    CHECK(resumes());  // the certificates are no others
    files.write_certificate(certificates::own().other());
    files.write_key(certificates::own().other());
    CHECK_FALSE(context.reload());
    CHECK_FALSE(resumes());
    CHECK(resumes());
}

TEST_CASE("threads make connections while others reload", "[tls]") {
    const captured_log log;
    replaced_files files;
    server_context context = files.context(1ms);
    std::atomic<int> made{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([&] {
            for (int round = 0; round < 50; ++round) {
                engine_pair pair(context, careless());
                made += pair.shake_hands().first == step::done ? 1 : 0;
            }
        });
    for (int i = 0; i < 20; ++i)
        static_cast<void>(context.reload());
    for (std::thread& each : threads)
        each.join();
    CHECK(made == 100);
}

}  // namespace tests::tls_reload
