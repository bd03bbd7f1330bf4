#include "blocking_client.hpp"
#include "byte_pattern.hpp"
#include "connected_pair.hpp"
#include "programs.hpp"

#include <string>
#include <system_error>

namespace tests::examples_port_forwarder {

namespace {

command forwarding_to(const ringlet::address& target, const std::string& idle_timeout = "10s") {
    return {"--address",        "127.0.0.1:0",    "--target",
            target.to_string(), "--idle-timeout", idle_timeout};
}

/// The next connection of `listener`.
ringlet::socket accept(const ringlet::socket& listener) {
    return owned_socket(::accept4(listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC),
                        "accept");
}

/// The error with which a client's receive fails.
std::error_code receive_error(blocking_client& client) {
    try {
        client.receive_some();
    } catch (const std::system_error& failure) {
        return failure.code();
    }
    return {};
}

}  // namespace

TEST_CASE("the port forwarder passes on what comes, and its end", "[examples]") {
    const example_server target("echo_server");
    example_server forwarder("port_forwarder", forwarding_to(target.address()));
    blocking_client client(forwarder.address());
    blocking_client other(forwarder.address());
    CHECK(client.exchange("hello") == "hello");
    CHECK(other.exchange("who is there?") == "who is there?");
    const std::string much = byte_pattern(100'000);
    client.send(much);
    client.shutdown_sending();
    CHECK((client.receive_all() == much));
    CHECK(other.exchange("still here?") == "still here?");
    forwarder.signal(SIGTERM);
    other.close();
    CHECK(forwarder.err().read_rest().empty());
    CHECK(forwarder.wait() == 0);
}

TEST_CASE("the port forwarder passes on a reset of the server as a reset", "[examples]") {
    const ringlet::socket listening = tcp_listener();
    const example_server forwarder("port_forwarder", forwarding_to(listening.local_address()));
    blocking_client client(forwarder.address());
    ringlet::socket server = accept(listening);
    client.send("x");
    char byte = 0;
    CHECK(::recv(server.native_handle(), &byte, 1, 0) == 1);
    reset(server);
    CHECK(receive_error(client) == std::errc::connection_reset);
}

TEST_CASE("the port forwarder resets clients for whom there is no server", "[examples]") {
    ringlet::socket listening = tcp_listener();
    const example_server forwarder("port_forwarder", forwarding_to(listening.local_address()));
    listening = ringlet::socket();
    blocking_client client(forwarder.address());
    CHECK(receive_error(client) == std::errc::connection_reset);
}

TEST_CASE("the port forwarder ends what is idle for too long", "[examples]") {
    const ringlet::socket listening = tcp_listener();
    const example_server forwarder("port_forwarder",
                                   forwarding_to(listening.local_address(), "100ms"));
    blocking_client client(forwarder.address());
    const ringlet::socket server = accept(listening);
    CHECK(receive_error(client) == std::errc::connection_reset);
}

}  // namespace tests::examples_port_forwarder
