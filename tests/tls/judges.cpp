#include "catch.hpp"
#include "check_awaited.hpp"
#include "child_process.hpp"
#include "eventually.hpp"
#include "receive.hpp"
#include "run_coroutine.hpp"
#include "tls/judged_server.hpp"

#include <ringlet/tls/client_context.hpp>
#include <ringlet/tls/connect.hpp>
#include <ringlet/tls/session.hpp>

#include <string>
#include <vector>

namespace tests::tls_judges {

using ringlet::stream;
using ringlet::task;
using ringlet::tls::client_certificates;
using ringlet::tls::client_context;
using ringlet::tls::pem;
using ringlet::tls::version;

namespace {

bool has(const std::string& text, const char* words) {
    INFO(text);
    return text.find(words) != std::string::npos;
}

/// `openssl s_server`, which sends each line back in reverse.
class s_server {
public:
    explicit s_server(const std::vector<std::string>& arguments) : program_(command(arguments)) {
        program_.out().read_until("ACCEPT 127.0.0.1:");
        port_ = std::stoi(program_.out().read_until("\n"));
    }

    [[nodiscard]] int port() const noexcept { return port_; }

private:
    static std::vector<std::string> command(const std::vector<std::string>& arguments) {
        const issued_certificate& own = certificates::own().server();
        std::vector<std::string> whole{"openssl", "s_server",      "-accept", "127.0.0.1:0", "-rev",
                                       "-cert",   own.certificate, "-key",    own.key};
        whole.insert(whole.end(), arguments.begin(), arguments.end());
        return whole;
    }

    child_process program_;
    int port_ = 0;
};

}  // namespace

TEST_CASE("openssl s_client talks to our server, in both versions", "[tls]") {
    const judged_server server;
    for (const char* const spoken : {"-tls1_2", "-tls1_3"}) {
        child_process client(server.s_client({spoken, "-quiet"}));
        client.write("hello\n");
        CHECK(client.read_line() == "hello");
        client.close_input();
    }
    CHECK(eventually([&] { return server.context.counters().handshakes == 2; }));
}

TEST_CASE("openssl s_client is refused with the right alerts", "[tls]") {
    auto options = server_options();
    options.application_protocols = std::vector<std::string>{"h2"};
    options.identities.push_back(certificates::own().other().identity());
    options.refuse_unknown_names = true;
    const judged_server server(options);
    CHECK(has(run_program(server.s_client({"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"})).err,
              "alert protocol version"));
    CHECK(
        has(run_program(server.s_client({"-alpn", "spdy"})).err, "alert no application protocol"));
    CHECK(has(run_program(server.s_client({"-alpn", "spdy,h2"})).out, "ALPN protocol: h2"));
    CHECK(has(run_program(server.s_client({"-servername", "unknown.example"})).err,
              "unrecognized name"));
    CHECK(has(run_program(server.s_client({"-servername", "other.example"})).out,
              "subject=CN = other"));
    CHECK(eventually([&] { return server.context.counters().failed.no_match == 3; }));
}

TEST_CASE("openssl s_client takes its session up again", "[tls]") {
    const judged_server server;
    CHECK(has(run_program(server.s_client({"-tls1_2", "-reconnect"})).out, "Reused, TLSv1.2"));
    CHECK(eventually([&] { return server.context.counters().resumed == 5; }));

    const std::string file = certificates::own().path("session");
    {
        child_process client(server.s_client({"-tls1_3", "-sess_out", file}));
        client.write("behind the ticket\n");
        client.out().read_until("behind the ticket\n");
        client.write("Q\n");
        CHECK(client.wait() == 0);
    }
    CHECK(has(run_program(server.s_client({"-sess_in", file})).out, "Reused, TLSv1.3"));
    const std::string early = certificates::own().path("server.pem");
    CHECK(has(run_program(server.s_client({"-sess_in", file, "-early_data", early})).out,
              "Early data was not sent"));
}

TEST_CASE("openssl s_client changes keys, and cannot negotiate anew", "[tls]") {
    const judged_server server;
    {
        child_process client(server.s_client({"-tls1_3"}));
        client.out().read_until("---\n");
        client.write("K\n");
        client.err().read_until("KEYUPDATE");
        client.write("after the update\n");
        client.out().read_until("after the update\n");
        client.write("k\n");
        client.err().read_until("KEYUPDATE");
        client.write("and another\n");
        client.out().read_until("and another\n");
    }
    child_process client(server.s_client({"-tls1_2"}));
    client.out().read_until("---\n");
    client.write("R\n");
    client.err().read_until("no renegotiation");
}

TEST_CASE("openssl s_client shows its certificate", "[tls]") {
    certificates& own = certificates::own();
    auto options = server_options();
    options.client_certificates = client_certificates::required;
    options.client_authorities = pem::file(own.authority());
    const judged_server server(options);
    child_process client(
        server.s_client({"-quiet", "-cert", own.client().certificate, "-key", own.client().key}));
    client.write("it is me\n");
    CHECK(client.read_line() == "it is me");
    CHECK(has(run_program(server.s_client({"-tls1_2"})).err, "alert handshake failure"));
    CHECK(eventually([&] { return server.context.counters().failed.certificate == 1; }));
}

TEST_CASE("curl fetches from our server, and checks its name", "[tls]") {
    const judged_server server;
    const std::string port = std::to_string(server.port());
    const auto fetch = [&](const std::string& host) {
        return run_program({"curl", "--silent", "--show-error", "--max-time", "20", "--cacert",
                            server.authority(), "--resolve", "wrong.example:" + port + ":127.0.0.1",
                            "https://" + host + ":" + port + "/"});
    };
    CHECK(fetch("localhost").out == "judged");
    CHECK(fetch("127.0.0.1").out == "judged");
    CHECK(fetch("wrong.example").status == 60);
    const program_end plain = run_program(
        {"curl", "--silent", "--show-error", "--max-time", "20", "http://127.0.0.1:" + port + "/"});
    CHECK(plain.status != 0);
    CHECK(eventually([&] { return server.context.counters().failed.not_tls == 1; }));
}

TEST_CASE("Python's ssl talks to our server, and sees TLS end", "[tls]") {
    const judged_server server;
    const program_end end = run_program({"python3", "-c",
                                         R"(
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) as plain:
    with context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as tls:
        tls.sendall(b"x" * 50_000 + b"\n")
        got = b""
        while len(got) < 50_001:
            got += tls.recv(65536)
        assert got == b"x" * 50_000 + b"\n"
        tls.sendall(b"GET / HTTP/1.1\r\n")
        got = b""
        while piece := tls.recv(65536):
            got += piece
        assert got.endswith(b"judged")
        print(tls.version(), "ended")
)",
                                         std::to_string(server.port()), server.authority()});
    INFO(end.err);
    CHECK(end.out == "TLSv1.3 ended\n");
}

TEST_CASE("our client talks to openssl s_server, and takes its session up again", "[tls]") {
    const std::string spoken = GENERATE(as<std::string>(), "-tls1_2", "-tls1_3");
    const s_server server({spoken});
    const client_context context(client_options());
    run_coroutine([&]() -> task<> {
        for (int i = 0; i < 3; ++i) {
            stream connected = co_await ringlet::tls::connect("localhost", server.port(), context);
            co_await connected.send_all("abc\n");
            CHECK_AWAITED(co_await receive(connected, 4), "cba\n");
            const auto agreed = ringlet::tls::session_of(connected);
            CHECK(agreed->version == (spoken == "-tls1_2" ? version::tls1_2 : version::tls1_3));
            CHECK(agreed->resumed == (i > 0));
            co_await connected.close();
        }
    });
    CHECK(context.counters().resumed == 2);
}

TEST_CASE("our client shows its certificate to openssl s_server", "[tls]") {
    certificates& own = certificates::own();
    const s_server server(
        {"-Verify", "1", "-verify_return_error", "-CAfile", own.authority(), "-alpn", "chat"});
    auto options = client_options();
    options.identity = own.client().identity();
    options.application_protocols = std::vector<std::string>{"chat"};
    run_coroutine([&]() -> task<> {
        stream connected =
            co_await ringlet::tls::connect("localhost", server.port(), client_context(options));
        co_await connected.send_all("alice\n");
        CHECK_AWAITED(co_await receive(connected, 6), "ecila\n");
        CHECK(ringlet::tls::session_of(connected)->application_protocol == "chat");
        co_await connected.close();
    });
}

}  // namespace tests::tls_judges
