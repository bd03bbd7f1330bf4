#include "blocking_client.hpp"
#include "programs.hpp"

#include <string>

namespace tests::examples_key_value_server {

namespace {

/// What redis-cli prints that is given these words.
std::string redis_cli(const ringlet::address& server, const std::vector<std::string>& words) {
    command line{"redis-cli", "-h", server.host(), "-p", std::to_string(server.port())};
    line.insert(line.end(), words.begin(), words.end());
    child_process client(line);
    std::string said = client.out().read_rest();
    CHECK(client.wait() == 0);
    return said;
}

}  // namespace

TEST_CASE("answers to commands that came together do not wait for the rest of the next one",
          "[examples]") {
    example_server server("key_value_server");
    blocking_client client(server.address());
    client.send("PING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\n*2\r\n$3\r\nGE");
    CHECK(client.receive(12) == "+PONG\r\n+OK\r\n");
    client.send("T\r\n$1\r\nk\r\nINCR n\r\nincr n\r\nGET none\r\nDEL k n none\r\nINCR");
    CHECK(client.receive(28) == "$5\r\nvalue\r\n:1\r\n:2\r\n$-1\r\n:2\r\n");
    client.shutdown_sending();
    CHECK(client.receive_all() == "-ERR unknown command, or wrong number of arguments\r\n");
}

TEST_CASE("what is no command ends the connection with a sentence, and no other one",
          "[examples]") {
    example_server server("key_value_server");
    blocking_client other(server.address());
    const auto [sent, wrong] = GENERATE(std::pair{"*x\r\n", "invalid multibulk length"},
                                        std::pair{"*2000\r\n", "invalid multibulk length"},
                                        std::pair{"*1\r\n+PING\r\n", "expected '$'"},
                                        std::pair{"*1\r\n$-1\r\n", "invalid bulk length"});
    {
        blocking_client client(server.address());
        client.send(sent);
        CHECK(client.receive_all() == "-ERR Protocol error: " + std::string(wrong) + "\r\n");
    }
    blocking_client(server.address()).send("*1\r\n$4\r\nPI");  // and is gone
    other.send("PING\r\n");
    CHECK(other.receive(7) == "+PONG\r\n");
}

TEST_CASE("redis-cli talks to the key value server", "[examples]") {
    require_program("redis-cli", "redis-tools");
    example_server server("key_value_server");
    CHECK(redis_cli(server.address(), {"set", "greeting", "hello world"}) == "OK\n");
    CHECK(redis_cli(server.address(), {"get", "greeting"}) == "hello world\n");
    CHECK(redis_cli(server.address(), {"incr", "n"}) == "1\n");
    CHECK(redis_cli(server.address(), {"del", "greeting", "n", "none"}) == "2\n");
    CHECK(redis_cli(server.address(), {"get", "greeting"}) == "\n");
}

}  // namespace tests::examples_key_value_server
