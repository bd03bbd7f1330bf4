#include "blocking_client.hpp"
#include "connected_pair.hpp"
#include "test_authority.hpp"

#include <string>

namespace tests::examples_tls_terminator {

namespace {

/// The terminator's options, for a backend at `behind`.
command terminating(const test_authority& authority, const ringlet::address& behind,
                    const command& more = {}) {
    command options{"--address", "127.0.0.1:0", "--backend", behind.to_string()};
    options.insert(options.end(), more.begin(), more.end());
    return authority.served(options);
}

/// openssl's client, connected to `server`.
command s_client(const ringlet::address& server, const test_authority& authority) {
    return {"openssl",
            "s_client",
            "-connect",
            server.to_string(),
            "-CAfile",
            authority.trusted(),
            "-verify_return_error"};
}

/// What a client in Python complains of, and whether it is content.
command python(const ringlet::address& server, const test_authority& authority) {
    return {"python3", test_file("tls_client.py"), server.host(), std::to_string(server.port()),
            authority.trusted()};
}

}  // namespace

TEST_CASE("the terminator passes on what comes over TLS, and its ends", "[examples]") {
    const test_authority authority;
    const example_server backend("echo_server");
    example_server terminator("tls_terminator", terminating(authority, backend.address()));
    child_process first(python(terminator.address(), authority));
    child_process second(python(terminator.address(), authority));
    for (child_process* client : {&first, &second}) {
        CHECK(client->out().read_rest() == "");
        CHECK(client->err().read_rest() == "");
        CHECK(client->wait() == 0);
    }
    terminator.signal(SIGTERM);
    CHECK(terminator.err().read_rest().empty());
    CHECK(terminator.wait() == 0);
}

TEST_CASE("the terminator cuts off clients for whom there is no backend, and says so",
          "[examples]") {
    const test_authority authority;
    ringlet::socket listening = tcp_listener();
    example_server terminator("tls_terminator", terminating(authority, listening.local_address()));
    listening = ringlet::socket();
    child_process client(s_client(terminator.address(), authority));
    client.out().read_rest();
    CHECK(client.err().read_rest().find("unexpected eof") != std::string::npos);
    CHECK(client.wait() == 1);
    terminator.err().read_until("the backend cannot be reached level=warning client=127.0.0.1:");
}

TEST_CASE("the terminator gives a client no longer than it has for its handshake", "[examples]") {
    const test_authority authority;
    const example_server backend("echo_server");
    const example_server terminator(
        "tls_terminator",
        terminating(authority, backend.address(), {"--handshake-timeout", "200ms"}));
    blocking_client silent(terminator.address());
    CHECK(silent.receive_all().empty());
    blocking_client halting(terminator.address());
    halting.send("\x16\x03\x01\x02");  // the beginning of a ClientHello
    CHECK(halting.receive_all().empty());
}

TEST_CASE("the terminator ends what is idle for too long", "[examples]") {
    const test_authority authority;
    const ringlet::socket listening = tcp_listener();
    const example_server terminator(
        "tls_terminator",
        terminating(authority, listening.local_address(), {"--idle-timeout", "200ms"}));
    child_process client(s_client(terminator.address(), authority));
    client.out().read_rest();
    CHECK(client.wait() == 1);
}

TEST_CASE("a client beyond the terminator's maximum waits its turn", "[examples]") {
    const test_authority authority;
    const example_server backend("echo_server");
    const example_server terminator(
        "tls_terminator", terminating(authority, backend.address(), {"--max-connections", "1"}));
    child_process first(s_client(terminator.address(), authority));
    first.out().read_until("Verify return code: 0 (ok)");
    child_process second(python(terminator.address(), authority));
    first.write("hello\n");
    first.out().read_until("\nhello\n");
    first.write("Q\n");
    CHECK(first.wait() == 0);
    CHECK(second.wait() == 0);
}

TEST_CASE("the terminator does not serve without a certificate", "[examples]") {
    require_tls();
    child_process terminator(example("tls_terminator"));
    CHECK(terminator.err().read_rest() ==
          "tls_terminator: --tls-certificate and --tls-key are needed\n");
    CHECK(terminator.wait() == 1);
}

}  // namespace tests::examples_tls_terminator
