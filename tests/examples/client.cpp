#include "connected_pair.hpp"
#include "own_network.hpp"
#include "programs.hpp"

namespace tests::examples_client {

namespace {

/// How a client ended.
struct client_end {
    std::string said;
    std::string complained;
    int status;
};

/// Runs the client to its end, with all that is typed already there.
client_end run_client(const command& server, std::string_view typed_at_once = {}) {
    child_process client(example("client", server));
    client.write(typed_at_once);
    client.close_input();
    client_end end{client.out().read_rest(), client.err().read_rest(), 0};
    end.status = client.wait();
    return end;
}

/// The options by which the client finds a server at `address`.
command to_server(const ringlet::address& address) {
    return {"--host", address.host(), "--port", std::to_string(address.port())};
}

}  // namespace

TEST_CASE("ringlet's client and server converse as the tutorial's do", "[examples]") {
    example_server server("welcome_server");
    const client_end end = run_client(to_server(server.address()), typed);
    CHECK(end.said == conversation);
    CHECK(end.complained.empty());
    CHECK(end.status == 0);
    server.signal(SIGTERM);
    const std::string report = server.out().read_rest();
    CHECK(report == report_on(port_in(report)));
}

TEST_CASE("the client leaves politely at the end of its input", "[examples]") {
    example_server server("welcome_server");
    const client_end end = run_client(to_server(server.address()), "hello\n");
    CHECK(end.said ==
          "服务器: 欢迎访问socketserver服务器！\n你:服务器: 已收到你的消息<hello>\n你:");
    CHECK(end.complained.empty());
    CHECK(end.status == 0);
    server.signal(SIGTERM);
    server.out().read_rest();
    CHECK(server.err().read_rest().empty());  // it has left, not reset the connection
}

TEST_CASE("a signal ends the client in the middle of a conversation", "[examples]") {
    const int signal = GENERATE(SIGINT, SIGTERM);
    example_server server("welcome_server");
    child_process client(example("client", to_server(server.address())));
    client.out().read_until("你:");
    client.signal(signal);
    CHECK(client.wait() == 128 + signal);
    CHECK(client.err().read_rest().empty());
    CHECK(run_client(to_server(server.address()), typed).said == conversation);
}

TEST_CASE("the client says that nobody listens", "[examples]") {
    const ringlet::socket silent = [] {
        auto bound = ringlet::socket::open(ringlet::network::system(), AF_INET, SOCK_STREAM);
        bound.bind({"127.0.0.1", 0});  // and so nobody else listens there
        return bound;
    }();
    const ringlet::address nobody = silent.local_address();
    const client_end end = run_client(to_server(nobody));
    CHECK(end.complained ==
          "client: cannot connect to " + nobody.to_string() + ": Connection refused\n");
    CHECK(end.status == 1);
}

TEST_CASE("the client says that a name cannot be found", "[examples]") {
    const own_network nowhere;
    const client_end end = run_client({"--host", "no-such-host.invalid", "--port", "9999"});
    CHECK(end.complained.find("no-such-host.invalid") != std::string::npos);
    CHECK(end.status == 1);
}

TEST_CASE("the client says that the server has closed the connection", "[examples]") {
    ringlet::socket listening = tcp_listener();
    child_process client(example("client", to_server(listening.local_address())));
    ::close(::accept4(listening.native_handle(), nullptr, nullptr, SOCK_CLOEXEC));
    CHECK(client.err().read_rest() == "client: the server has closed the connection\n");
    CHECK(client.wait() == 1);
}

TEST_CASE("the client waits five seconds for a server that says nothing", "[examples]") {
    const ringlet::socket silent = tcp_listener();  // whose backlog takes the client
    const auto begun = std::chrono::steady_clock::now();
    const client_end end = run_client(to_server(silent.local_address()));
    CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::seconds(5));
    CHECK(end.complained == "client: recv: timed out by a deadline of this program\n");
    CHECK(end.status == 1);
}

}  // namespace tests::examples_client
