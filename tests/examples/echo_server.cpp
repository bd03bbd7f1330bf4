#include "blocking_client.hpp"
#include "programs.hpp"
#include "temporary_directory.hpp"

#include <chrono>
#include <filesystem>

namespace tests::examples_echo_server {

namespace {

/// A place for a server to listen at.
class place {
public:
    explicit place(const std::string& transport)
        : text_(transport.starts_with("unix") ? "unix:" + (directory_.path() / "socket").string()
                                              : "127.0.0.1:0") {}

    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    [[nodiscard]] bool left_empty() const { return std::filesystem::is_empty(directory_.path()); }

private:
    temporary_directory directory_;
    std::string text_;
};

command serving(const std::string& transport, const std::string& concurrency,
                const std::string& address) {
    return {"--transport", transport, "--concurrency", concurrency,
            "--address",   address,   "--workers",     "2"};
}

/// A client in Python.
command client_of(const std::string& transport, const ringlet::address& server) {
    command client{"python3", test_file("echo_client.py"), transport, server.host()};
    if (server.port() != 0)
        client.push_back(std::to_string(server.port()));
    return client;
}

std::string each_concurrency() {
    return GENERATE(as<std::string>(), "loop", "threads", "thread-per-connection", "forks",
                    "fork-per-connection");
}

}  // namespace

TEST_CASE("the echo server echoes over each transport, with each kind of concurrency",
          "[examples]") {
    const std::string transport =
        GENERATE(as<std::string>(), "tcp", "udp", "unix", "unix-datagram");
    const std::string concurrency = each_concurrency();
    CAPTURE(transport, concurrency);
    const place where(transport);
    example_server server("echo_server", serving(transport, concurrency, where.text()));
    child_process first(client_of(transport, server.address()));
    child_process second(client_of(transport, server.address()));
    CHECK(first.err().read_rest().empty());
    CHECK(second.err().read_rest().empty());
    CHECK(first.wait() == 0);
    CHECK(second.wait() == 0);
    server.signal(SIGTERM);
    CHECK(server.out().read_rest().empty());
    CHECK(server.err().read_rest() == "");
    CHECK(server.wait() == 0);
    CHECK(where.left_empty());
}

TEST_CASE("a signal leaves the clients of the echo server time to finish", "[examples]") {
    const std::string concurrency = each_concurrency();
    CAPTURE(concurrency);
    example_server server("echo_server", serving("tcp", concurrency, "127.0.0.1:0"));
    blocking_client client(server.address());
    CHECK(client.exchange("before") == "before");
    server.signal(SIGINT);
    CHECK(client.exchange("after") == "after");
    client.close();
    CHECK(server.wait() == 0);
    CHECK(server.err().read_rest() == "");
}

TEST_CASE("it does so where all the echo server's processes get the signal", "[examples]") {
    const std::string concurrency = GENERATE(as<std::string>(), "forks", "fork-per-connection");
    CAPTURE(concurrency);
    example_server server("echo_server", serving("tcp", concurrency, "127.0.0.1:0"),
                          [] { return ::setpgid(0, 0) == 0; });
    blocking_client client(server.address());
    CHECK(client.exchange("before") == "before");
    server.signal_group(SIGINT);
    CHECK(client.exchange("after") == "after");
    client.close();
    CHECK(server.wait() == 0);
    CHECK(server.err().read_rest() == "");
}

TEST_CASE("a second signal does not wait for the clients of the echo server", "[examples]") {
    const std::string concurrency = each_concurrency();
    CAPTURE(concurrency);
    // The default of server_options, which a first signal leaves to this idle client.
    constexpr std::chrono::seconds grace(5);
    example_server server("echo_server", serving("tcp", concurrency, "127.0.0.1:0"));
    blocking_client idle(server.address());
    CHECK(idle.exchange("x") == "x");
    const auto begun = std::chrono::steady_clock::now();
    server.signal(SIGINT);
    server.signal(SIGTERM);
    CHECK(idle.receive_all().empty());
    CHECK(server.wait() == 0);
    CHECK(std::chrono::steady_clock::now() - begun < grace);
    CHECK(server.err().read_rest() == "");
}

TEST_CASE("the echo server says what it could be told instead", "[examples]") {
    const std::vector<std::pair<command, std::string>> cases{
        {{"--transport", "sctp"}, "--transport: sctp is none of tcp, udp, unix, unix-datagram"},
        {{"--concurrency", "much"},
         "--concurrency: much is none of fork-per-connection, forks, loop, thread-per-connection, "
         "threads"},
        {{"--workers", "many"}, "--workers"},
        {{"--transport", "unix"}, "\"127.0.0.1:9999\" is no Unix socket"},
        {{"--transport", "udp", "--address", "unix:/nowhere"},
         "\"unix:/nowhere\" is no IP address"},
    };
    for (const auto& [arguments, reason] : cases) {
        child_process server(example("echo_server", arguments));
        const std::string said = server.err().read_rest();
        CAPTURE(said, reason);
        CHECK(said.find(reason) != std::string::npos);
        CHECK(server.wait() == 1);
    }
}

}  // namespace tests::examples_echo_server
