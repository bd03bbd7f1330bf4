#include "blocking_client.hpp"
#include "programs.hpp"

namespace tests::examples_tutorial_server {

TEST_CASE("the tutorial's second server echoes, and ends when its client has gone", "[examples]") {
    example_server server("tutorial_server");
    blocking_client client(server.address());
    CHECK(client.exchange("你好") == "你好");
    CHECK(server.read_line() == "Receive Data: 你好");
    CHECK(client.exchange("again") == "again");
    CHECK(server.read_line() == "Receive Data: again");
    client.close();
    CHECK(server.wait() == 0);
    CHECK(server.out().read_rest().empty());
    CHECK(server.err().read_rest().empty());
}

TEST_CASE("the tutorial's second server lets a second client finish when the first has gone",
          "[examples]") {
    example_server server("tutorial_server");
    blocking_client first(server.address());
    blocking_client second(server.address());
    CHECK(first.exchange("1") == "1");
    CHECK(second.exchange("2") == "2");
    first.shutdown_sending();
    CHECK(first.receive_all().empty());
    CHECK(second.exchange("still") == "still");
    second.close();
    CHECK(server.wait() == 0);
}

TEST_CASE("a client that resets does not end the tutorial's second server", "[examples]") {
    example_server server("tutorial_server");
    blocking_client last(server.address());
    for (int round = 0; round < 5; ++round) {
        blocking_client(server.address()).reset();
        blocking_client client(server.address());
        CHECK(client.exchange("1") == "1");
        client.send("2");
        client.reset();
    }
    CHECK(last.exchange("3") == "3");
    last.close();
    CHECK(server.wait() == 0);
    CHECK(server.err().read_rest().empty());
}

TEST_CASE("a signal ends the tutorial's second server too", "[examples]") {
    example_server server("tutorial_server");
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
}

}  // namespace tests::examples_tutorial_server
