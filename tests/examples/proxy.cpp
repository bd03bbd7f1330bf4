// The examples behind proxies, and as proxies.

#include "blocking_client.hpp"
#include "connected_pair.hpp"
#include "daemon/proxy_bytes.hpp"
#include "daemon/received_header.hpp"
#include "secured.hpp"
#include "temporary_directory.hpp"

#include <string>
#include <system_error>

namespace tests::examples_proxy {

using ringlet::address;
using ringlet::daemon::proxy_header;
using ringlet::daemon::proxy_version;

namespace {

command serving(const command& more) {
    command whole{"--address", "127.0.0.1:0"};
    whole.insert(whole.end(), more.begin(), more.end());
    return whole;
}

bool is_refused(blocking_client client, const std::string& bytes) {
    try {
        client.send(bytes);  // the server may have closed the connection by now
        return client.receive_all().empty();
    } catch (const std::system_error& failure) {
        return failure.code() == std::errc::connection_reset ||
               failure.code() == std::errc::broken_pipe;
    }
}

/// What a server echoes behind a header.
std::string echoed(const address& server, const std::string& header) {
    blocking_client client(server);
    client.send(header + "hello");
    client.shutdown_sending();
    return client.receive_all();
}

}  // namespace

TEST_CASE("the echo server takes clients of its proxies only", "[examples]") {
    const example_server server("echo_server", serving({"--accept-proxy", "10.0.0.0/8,127.0.0.1"}));
    CHECK(echoed(server.address(), v1_of_client) == "hello");
    CHECK(echoed(server.address(), v2_of_client()) == "hello");
    CHECK(is_refused(blocking_client(server.address()), "hello"));

    const example_server far("echo_server", serving({"--accept-proxy", "10.0.0.0/8"}));
    CHECK(is_refused(blocking_client(far.address()), v1_of_client));
}

TEST_CASE("the echo server takes datagrams and Unix connections of its proxies", "[examples]") {
    const example_server over_udp("echo_server",
                                  serving({"--transport", "udp", "--accept-proxy", "127.0.0.1"}));
    blocking_client client(AF_INET, SOCK_DGRAM);
    client.connect(over_udp.address());
    client.send(v2_of_client() + "hello");
    CHECK(client.receive_some() == "hello");

    const temporary_directory directory;
    const example_server over_unix("echo_server",
                                   {"--transport", "unix", "--accept-proxy", "unix", "--address",
                                    "unix:" + (directory.path() / "socket").string()});
    CHECK(echoed(over_unix.address(), v1_of_client) == "hello");
}

TEST_CASE("a server does not start with a network that is none", "[examples]") {
    child_process server(example("echo_server", serving({"--accept-proxy", "10.0.0.1/8"})));
    CHECK(server.err().read_rest() == "echo_server: address_prefix \"10.0.0.1/8\": it has bits "
                                      "behind those that count; write 10.0.0.0/8\n");
    CHECK(server.wait() == 1);
}

TEST_CASE("forwarders tell the server behind them who the client is, one after the other",
          "[examples]") {
    const ringlet::socket listening = tcp_listener();
    const std::string first_version = GENERATE(as<std::string>(), "v1", "v2");
    const example_server second("port_forwarder",
                                serving({"--target", listening.local_address().to_string(),
                                         "--accept-proxy", "127.0.0.0/8", "--send-proxy", "v2"}));
    const example_server first("port_forwarder", serving({"--target", second.address().to_string(),
                                                          "--send-proxy", first_version}));
    blocking_client client(first.address());
    client.send("hello");
    auto server = blocking_client::accepted_by(listening);
    const proxy_header header = received_header(server);
    CHECK(header.version == proxy_version::v2);
    CHECK(header.source == client.local_address());
    CHECK(header.destination == first.address());
    CHECK(server.receive(5) == "hello");
    server.send("well");
    CHECK(client.receive(4) == "well");
}

TEST_CASE("the terminator tells the server behind it how the client speaks TLS", "[examples]") {
    const ringlet::socket listening = tcp_listener();
    const example_server terminator(
        "tls_terminator", with_tls(serving({"--backend", listening.local_address().to_string(),
                                            "--send-proxy", "v2"})));
    child_process client(s_client(terminator.address(), {"-servername", "localhost", "-quiet"}));
    client.write("hello\n");
    auto server = blocking_client::accepted_by(listening);
    const proxy_header header = received_header(server);
    CHECK(header.source.host() == "127.0.0.1");
    CHECK(header.destination == terminator.address());
    CHECK(header.authority() == "localhost");
    REQUIRE(header.tls());
    CHECK(header.tls()->version == "TLSv1.3");
    CHECK(header.tls()->cipher.starts_with("TLS_"));
    CHECK_FALSE(header.tls()->certificate_known);
    CHECK_FALSE(header.tls()->verified);
    CHECK(server.receive(6) == "hello\n");
}

TEST_CASE("the terminator takes its clients from a proxy, before TLS", "[examples]") {
    const ringlet::socket listening = tcp_listener();
    const example_server terminator(
        "tls_terminator",
        with_tls(serving({"--backend", listening.local_address().to_string(), "--accept-proxy",
                          "127.0.0.0/8", "--send-proxy", "v1"})));
    const example_server before(
        "port_forwarder",
        serving({"--target", terminator.address().to_string(), "--send-proxy", "v2"}));
    child_process client(s_client(before.address(), {"-quiet"}));
    client.write("hello\n");
    auto server = blocking_client::accepted_by(listening);
    const proxy_header header = received_header(server);
    CHECK(header.version == proxy_version::v1);
    CHECK(header.destination == before.address());
    CHECK(server.receive(6) == "hello\n");
}

}  // namespace tests::examples_proxy
