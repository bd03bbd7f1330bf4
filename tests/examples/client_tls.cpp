#include "secured.hpp"

#include <optional>
#include <string>

namespace tests::examples_client_tls {

namespace {

/// The welcome server, behind what ends TLS for it, and a client of both.
class secured_welcome {
public:
    /// Runs the client to its end, with all that is typed already there.
    child_process& run(const std::string& host, const command& more) {
        command line{"--host", host, "--port", std::to_string(terminator_.address().port())};
        line.insert(line.end(), more.begin(), more.end());
        client_.emplace(example("client", line));
        client_->write(typed);
        client_->close_input();
        return *client_;
    }

private:
    example_server server_{"welcome_server"};
    example_server terminator_{"tls_terminator", with_tls({"--address", "127.0.0.1:0", "--backend",
                                                           server_.address().to_string()})};
    std::optional<child_process> client_;
};

}  // namespace

TEST_CASE("the client converses over TLS", "[examples]") {
    secured_welcome server;
    const std::string host = GENERATE(as<std::string>(), "localhost", "127.0.0.1");
    CAPTURE(host);
    child_process& client = server.run(host, {"--tls", "--tls-ca", issued().authority()});
    CHECK(client.out().read_rest() == conversation);
    CHECK(client.err().read_rest() == "");
    CHECK(client.wait() == 0);
}

TEST_CASE("the client says nothing to a server that it cannot trust", "[examples]") {
    secured_welcome server;
    command trust{"--tls"};
    if (GENERATE(false, true))
        trust.insert(trust.end(), {"--tls-ca", issued().self_signed().certificate});
    child_process& client = server.run("localhost", trust);
    CHECK(client.out().read_rest().empty());
    CHECK(client.err().read_rest().find("certificate") != std::string::npos);
    CHECK(client.wait() == 1);
}

TEST_CASE("the client says nothing to a server by another name", "[examples]") {
    secured_welcome server;
    child_process& client = server.run("127.0.0.2", {"--tls", "--tls-ca", issued().authority()});
    CHECK(client.out().read_rest().empty());
    CHECK(client.err().read_rest().find("127.0.0.2") != std::string::npos);
    CHECK(client.wait() == 1);
}

}  // namespace tests::examples_client_tls
