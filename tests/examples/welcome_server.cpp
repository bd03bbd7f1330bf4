#include "blocking_client.hpp"
#include "own_network.hpp"
#include "programs.hpp"

#include <grp.h>

#include <fstream>

namespace tests::examples_welcome_server {

namespace {

const std::string welcome = "欢迎访问socketserver服务器！";

/// A raw client that has been welcomed.
blocking_client welcomed_by(const example_server& server) {
    blocking_client client(server.address());
    CHECK(client.receive(welcome.size()) == welcome);
    return client;
}

std::string answer(blocking_client& client, const std::string& message) {
    const std::string expected = "已收到你的消息<" + message + ">";
    client.send(message);
    return client.receive(expected.size()) == expected ? "as it should be" : "something else";
}

/// Runs the server where it must fail: what it says on stderr. May skip the test, so not in a
/// CHECK.
std::string complaint(
    const command& arguments, bool (*prepare)() = [] { return true; }) {
    child_process server(example("welcome_server", arguments), prepare);
    std::string said = server.err().read_rest();
    const int status = server.wait();
    if (status == child_process::cannot_run)
        SKIP("the example cannot be run by another user");
    CHECK(status == 1);
    return said;
}

bool contains(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("clients of the welcome server do not disturb each other", "[examples]") {
    example_server server("welcome_server");
    blocking_client first = welcomed_by(server);
    blocking_client second = welcomed_by(server);
    CHECK(answer(first, "1") == "as it should be");
    CHECK(answer(second, "二") == "as it should be");

    first.send("exit");
    CHECK(first.receive_all().empty());
    CHECK(answer(second, "still here") == "as it should be");
    second.close();  // without a word, which is an end like any other
    blocking_client third = welcomed_by(server);
    CHECK(answer(third, "exit?") == "as it should be");
    third.reset();
    blocking_client last = welcomed_by(server);
    CHECK(answer(last, "last") == "as it should be");
}

TEST_CASE("the welcome server tells where it listens in a form that can be used", "[examples]") {
    example_server server("welcome_server", {"--address", "localhost:0"});
    CHECK(server.address().port() != 0);
    welcomed_by(server);
}

TEST_CASE("SIGINT and SIGTERM end the welcome server well", "[examples]") {
    const int signal = GENERATE(SIGINT, SIGTERM);
    example_server server("welcome_server");
    server.signal(signal);
    CHECK(server.wait() == 0);
    CHECK(server.err().read_rest().empty());
}

TEST_CASE("the first signal lets the clients of the welcome server finish", "[examples]") {
    example_server server("welcome_server");
    blocking_client client = welcomed_by(server);
    server.signal(SIGTERM);
    CHECK(answer(client, "a moment, please") == "as it should be");
    client.send("exit");
    CHECK(client.receive_all().empty());
    client.close();
    CHECK(server.wait() == 0);
}

TEST_CASE("a second signal does not wait for the clients of the welcome server", "[examples]") {
    // The default of server_options, which a first signal leaves to this idle client.
    constexpr std::chrono::seconds grace(5);
    example_server server("welcome_server");
    blocking_client idle = welcomed_by(server);
    const auto begun = std::chrono::steady_clock::now();
    server.signal(SIGINT);
    server.signal(SIGTERM);
    CHECK(idle.receive_all().empty());
    CHECK(server.wait() == 0);
    CHECK(std::chrono::steady_clock::now() - begun < grace);
}

TEST_CASE("the welcome server says what is wrong with its address", "[examples]") {
    const own_network nowhere;  // where a name cannot be asked for, and the answer comes at once
    const std::vector<std::pair<command, std::string>> cases{
        {{"--address", "nonsense"}, "write HOST:PORT"},
        {{"--address", "127.0.0.1:70000"}, "70000"},
        {{"--address", "unix:/nowhere"}, "is no IP address"},
        {{"--address", "no-such-host.invalid:1"},
         "welcome_server: address \"no-such-host.invalid\": a host name has to be looked up"},
        {{"--adress", "127.0.0.1:0"}, "--adress"},
    };
    for (const auto& [arguments, reason] : cases) {
        const std::string said = complaint(arguments);
        CAPTURE(said, reason);
        CHECK(contains(said, reason));
    }
}

TEST_CASE("the welcome server says that its address is in use", "[examples]") {
    const example_server holder("welcome_server");
    const std::string taken = holder.address().to_string();
    const std::string said = complaint({"--address", taken});
    CHECK(said == "welcome_server: cannot bind to " + taken + ": Address already in use\n");
}

TEST_CASE("the welcome server says that it lacks a permission", "[examples]") {
    int first_free = 0;
    std::ifstream("/proc/sys/net/ipv4/ip_unprivileged_port_start") >> first_free;
    if (first_free <= 1)
        SKIP("anybody may listen on port 1 here");
    const auto become_nobody = [] {
        constexpr unsigned nobody = 65534;
        return ::getuid() != 0 ||
               (::setgroups(0, nullptr) == 0 && ::setgid(nobody) == 0 && ::setuid(nobody) == 0);
    };
    const std::string said = complaint({"--address", "127.0.0.1:1"}, become_nobody);
    CHECK(said == "welcome_server: cannot bind to 127.0.0.1:1: Permission denied\n");
}

TEST_CASE("the welcome server explains itself", "[examples]") {
    child_process server(example("welcome_server", {"--help"}));
    CHECK(contains(server.out().read_rest(), "--address"));
    CHECK(server.wait() == 0);
}

}  // namespace tests::examples_welcome_server
