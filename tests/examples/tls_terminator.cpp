#include "blocking_client.hpp"
#include "connected_pair.hpp"
#include "secured.hpp"

#include <string>

namespace tests::examples_tls_terminator {

namespace {

/// The terminator's options, for a backend at `behind`.
command terminating(const ringlet::address& behind, const command& more = {}) {
    command options{"--address", "127.0.0.1:0", "--backend", behind.to_string()};
    options.insert(options.end(), more.begin(), more.end());
    return with_tls(options);
}

}  // namespace

TEST_CASE("the terminator passes on what comes over TLS, and its ends", "[examples]") {
    const example_server backend("echo_server");
    example_server terminator("tls_terminator", terminating(backend.address()));
    child_process first(python_client(terminator.address()));
    child_process second(python_client(terminator.address()));
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
    ringlet::socket listening = tcp_listener();
    example_server terminator("tls_terminator", terminating(listening.local_address()));
    listening = ringlet::socket();
    child_process client(s_client(terminator.address()));
    client.out().read_rest();
    CHECK(client.wait() != 0);
    terminator.err().read_until("the backend cannot be reached level=warning client=127.0.0.1:");
}

TEST_CASE("the terminator gives a client no longer than it has for its handshake", "[examples]") {
    const example_server backend("echo_server");
    const example_server terminator(
        "tls_terminator", terminating(backend.address(), {"--handshake-timeout", "200ms"}));
    blocking_client silent(terminator.address());
    CHECK(silent.receive_all().empty());
    blocking_client halting(terminator.address());
    halting.send("\x16\x03\x01\x02");  // the beginning of a ClientHello
    CHECK(halting.receive_all().empty());
}

TEST_CASE("the terminator ends what is idle for too long", "[examples]") {
    const ringlet::socket listening = tcp_listener();
    const example_server terminator(
        "tls_terminator", terminating(listening.local_address(), {"--idle-timeout", "200ms"}));
    child_process client(s_client(terminator.address()));
    client.out().read_rest();
    CHECK(client.wait() != 0);
}

TEST_CASE("a client beyond the terminator's maximum waits its turn", "[examples]") {
    const example_server backend("echo_server");
    const example_server terminator("tls_terminator",
                                    terminating(backend.address(), {"--max-connections", "1"}));
    child_process first(s_client(terminator.address()));
    first.out().read_until("Verify return code: 0 (ok)");
    child_process second(python_client(terminator.address()));
    first.write("hello\n");
    first.out().read_until("\nhello\n");
    first.write("Q\n");
    CHECK(first.wait() == 0);
    CHECK(second.wait() == 0);
}

TEST_CASE("the terminator does not serve without a certificate", "[examples]") {
    issued();
    child_process terminator(example("tls_terminator"));
    CHECK(terminator.err().read_rest() ==
          "tls_terminator: --tls-certificate and --tls-key are needed\n");
    CHECK(terminator.wait() == 1);
}

}  // namespace tests::examples_tls_terminator
