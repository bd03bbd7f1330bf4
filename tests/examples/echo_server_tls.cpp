#include "blocking_client.hpp"
#include "secured.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tests::examples_echo_server_tls {

namespace {

command any_port(const std::string& concurrency = "loop") {
    return {"--concurrency", concurrency, "--address", "127.0.0.1:0", "--workers", "2"};
}

/// How a client ended.
struct client_end {
    std::string said;
    std::string complained;
    int status = 0;
};

client_end end_of(child_process& client) {
    client_end end{client.out().read_rest(), client.err().read_rest()};
    end.status = client.wait();
    return end;
}

}  // namespace

TEST_CASE("the echo server echoes over TLS, and resumes, with each kind of concurrency",
          "[examples]") {
    const std::string concurrency =
        GENERATE(as<std::string>(), "loop", "threads", "thread-per-connection", "forks",
                 "fork-per-connection");
    CAPTURE(concurrency);
    example_server server("echo_server", with_tls(any_port(concurrency)));
    child_process first(python_client(server.address()));
    child_process second(python_client(server.address()));
    for (child_process* client : {&first, &second}) {
        const client_end end = end_of(*client);
        CHECK(end.said.empty());
        CHECK(end.complained.empty());
        CHECK(end.status == 0);
    }
    server.signal(SIGTERM);
    CHECK(server.err().read_rest().empty());
    CHECK(server.wait() == 0);
}

TEST_CASE("the echo server takes only clients with a certificate, where it is told so",
          "[examples]") {
    command options = with_tls(any_port());
    options.insert(options.end(), {"--tls-client-ca", issued().authority()});
    const example_server server("echo_server", options);
    const issued_certificate& alice = issued().client();
    child_process known(python_client(server.address(), {alice.certificate, alice.key}));
    CHECK(end_of(known).status == 0);
    child_process unknown(python_client(server.address()));
    const client_end refused = end_of(unknown);
    CHECK(refused.said == "TLSV13_ALERT_CERTIFICATE_REQUIRED\n");
    CHECK(refused.status == 3);
    const issued_certificate& mallory = issued().self_signed();
    child_process stranger(python_client(server.address(), {mallory.certificate, mallory.key}));
    CHECK(end_of(stranger).said == "TLSV1_ALERT_UNKNOWN_CA\n");
}

TEST_CASE("openssl s_client talks to the echo server, and changes keys meanwhile", "[examples]") {
    const example_server server("echo_server", with_tls(any_port()));
    const std::string version = GENERATE("-tls1_2", "-tls1_3");
    CAPTURE(version);
    child_process client(s_client(server.address(), {version}));
    client.out().read_until("Verify return code: 0 (ok)");
    client.write("hello\n");
    client.out().read_until("\nhello\n");
    if (version == "-tls1_3")
        for (const std::string key_update : {"K\n", "k\n"}) {
            client.write(key_update);
            client.err().read_until("KEYUPDATE\n");  // or it would take what follows for a part
            client.write("with new keys\n");
            client.out().read_until("with new keys\n");
        }
    client.write("Q\n");
    CHECK(client.wait() == 0);
}

TEST_CASE("the echo server speaks no old version of TLS, and takes no early data", "[examples]") {
    const example_server server("echo_server", with_tls(any_port()));
    for (const std::string old : {"-tls1", "-tls1_1"}) {
        CAPTURE(old);
        child_process client(s_client(server.address(), {old, "-cipher", "ALL:@SECLEVEL=0"}));
        client.close_input();
        const client_end end = end_of(client);
        CHECK(end.complained.find("alert protocol version") != std::string::npos);
        CHECK(end.status == 1);
    }
    child_process client(s_client(server.address(), {"-tls1_3"}));
    client.write("hello\n");
    client.out().read_until("\nhello\n");  // and before that its tickets
    client.write("Q\n");
    CHECK(client.out().read_rest().find("Max Early Data: 0\n") != std::string::npos);
    CHECK(client.wait() == 0);
}

TEST_CASE("clients that leave in the middle of TLS end their own connections only", "[examples]") {
    example_server server("echo_server", with_tls(any_port()));
    const std::string beginning_of_hello("\x16\x03\x01\x02\x00\x01\x00", 7);
    for (std::size_t size = 0; size <= beginning_of_hello.size(); ++size) {
        blocking_client leaving(server.address());
        leaving.send(beginning_of_hello.substr(0, size));
        if (size % 2 == 0)
            leaving.reset();
    }
    child_process killed(s_client(server.address()));
    killed.out().read_until("Verify return code: 0 (ok)");
    killed.write("hello\n");
    killed.out().read_until("\nhello\n");
    killed.signal(SIGKILL);  // which ends the connection without close_notify
    CHECK(killed.wait() == 128 + SIGKILL);
    child_process other(python_client(server.address()));
    CHECK(end_of(other).status == 0);
    server.signal(SIGTERM);
    CHECK(server.err().read_rest().find("level=error") == std::string::npos);
    CHECK(server.wait() == 0);
}

TEST_CASE("what is no TLS ends its own connection at once", "[examples]") {
    const example_server server("echo_server", with_tls(any_port()));
    for (const std::string sent :
         {"GET / HTTP/1.1\r\nHost: test\r\n\r\n", "EHLO test\r\n", "\n\n\n\n\n"}) {
        CAPTURE(sent);
        blocking_client client(server.address());
        client.send(sent);
        CHECK(client.receive_all().find("test") == std::string::npos);
    }
    child_process other(python_client(server.address()));
    CHECK(end_of(other).status == 0);
}

TEST_CASE("the echo server says what is wrong with its files", "[examples]") {
    const std::string certificate = issued().server().certificate;
    const std::string key = issued().server().key;
    const std::string other_key = issued().other().key;
    const std::vector<std::pair<command, std::string>> cases{
        {{"--tls-certificate", certificate}, "--tls-certificate and --tls-key go together"},
        {{"--tls-key", key}, "--tls-certificate and --tls-key go together"},
        {{"--tls-client-ca", certificate}, "--tls-client-ca needs --tls-certificate"},
        {{"--tls-certificate", "/nowhere.pem", "--tls-key", key}, "/nowhere.pem"},
        {{"--tls-certificate", certificate, "--tls-key", other_key},
         "the private key is not that of the certificate"},
        {{"--tls-certificate", key, "--tls-key", key}, key},
        {{"--transport", "udp", "--tls-certificate", certificate, "--tls-key", key},
         "TLS is for the transports tcp and unix"},
    };
    for (const auto& [arguments, reason] : cases) {
        child_process server(example("echo_server", arguments));
        const std::string said = server.err().read_rest();
        CAPTURE(said, reason);
        CHECK(said.find(reason) != std::string::npos);
        CHECK(server.wait() == 1);
    }
}

}  // namespace tests::examples_echo_server_tls
