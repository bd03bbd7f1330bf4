#include "blocking_client.hpp"
#include "programs.hpp"

#include <chrono>

namespace tests::examples_forking_server {

namespace {

/// A client whose process is there.
blocking_client served_by(const example_server& server) {
    blocking_client client(server.address());
    CHECK(client.exchange("hello\n") == "hello\n");
    return client;
}

}  // namespace

TEST_CASE("what a client of the forking server does to its process is nothing to others",
          "[examples]") {
    const auto [said, status] = GENERATE(table<std::string, std::string>({
        {"crash", "\"killed by signal 6 (Aborted)\""},
        {"exit 72", "\"exited with status 72\""},
    }));
    CAPTURE(said);
    example_server server("forking_server");
    blocking_client other = served_by(server);
    blocking_client client = served_by(server);
    client.send(said + "\n");
    CHECK(client.receive_all().empty());
    const std::string report = server.err().read_until("\n");
    CHECK(report.starts_with("ringlet: a child process was lost level=error pid="));
    CHECK(report.find(" status=" + status + " requests=1") != std::string::npos);
    CHECK(other.exchange("still here\n") == "still here\n");
    other.close();
    served_by(server).close();
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
    CHECK(server.err().read_rest().empty());
}

TEST_CASE("a process of the forking server that hangs is killed in the end", "[examples]") {
    example_server server("forking_server");
    blocking_client client = served_by(server);
    client.send("hang\n");
    CHECK(served_by(server).exchange("hello\n") == "hello\n");
    server.signal(SIGINT);
    server.signal(SIGTERM);
    CHECK(client.receive_all().empty());
    CHECK(server.wait() == 0);
    const std::string report = server.err().read_rest();
    CHECK(report.find(" status=\"killed by signal 9 (Killed)\" requests=1") != std::string::npos);
}

TEST_CASE("the forking server has no more processes than it is told", "[examples]") {
    example_server server("forking_server", {"--address", "127.0.0.1:0", "--max-children", "1"});
    blocking_client first = served_by(server);
    blocking_client second(server.address());
    second.send("hello\n");
    CHECK(first.exchange("first\n") == "first\n");
    CHECK(second.nothing_to_receive());
    first.close();
    CHECK(second.receive(6) == "hello\n");
    second.close();
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
}

TEST_CASE("what the forking server cannot make out ends its own client", "[examples]") {
    example_server server("forking_server");
    blocking_client client = served_by(server);
    client.send("exit soon\n");
    CHECK(client.receive_all().empty());
    CHECK(server.err().read_until("\n").find("a handler failed level=error client=127.0.0.1:") !=
          std::string::npos);
    client.close();
    served_by(server).close();
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
}

}  // namespace tests::examples_forking_server
