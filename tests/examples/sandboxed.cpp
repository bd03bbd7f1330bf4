// The examples as they are, where io_uring is forbidden.

#include "blocking_client.hpp"
#include "environment_variable.hpp"
#include "programs.hpp"
#include "seccomp_filter.hpp"

#include <algorithm>

namespace tests::examples_sandboxed {

TEST_CASE("a program serves under Docker's filter, and says once what it goes on with",
          "[examples]") {
    const environment_variable unset("RINGLET_RING", nullptr);
    example_server server("tutorial_server", {"--address", "127.0.0.1:0"}, &refuse_io_uring);
    blocking_client client(server.address());
    CHECK(client.exchange("hello") == "hello");
    client.close();
    CHECK(server.wait() == 0);
    const std::string said = server.err().read_rest();
    CHECK(
        said.starts_with("ringlet: going on with epoll instead of io_uring level=warning error="));
    CHECK(std::count(said.begin(), said.end(), '\n') == 1);
}

TEST_CASE("a program that is told to use epoll serves in silence where io_uring is death",
          "[examples]") {
    const environment_variable told("RINGLET_RING", "epoll");
    example_server server("tutorial_server", {"--address", "127.0.0.1:0"},
                          [] { return punish_call(SYS_io_uring_setup); });
    blocking_client client(server.address());
    CHECK(client.exchange("hello") == "hello");
    client.close();
    CHECK(server.wait() == 0);
    CHECK(server.err().read_rest().empty());
}

TEST_CASE("a program that is told to use the kernel's ring ends with the cause where it cannot",
          "[examples]") {
    const environment_variable told("RINGLET_RING", "kernel");
    child_process server(example("tutorial_server", {"--address", "127.0.0.1:0"}),
                         &refuse_io_uring);
    CHECK(server.wait() == 1);
    CHECK(server.err().read_rest().find("io_uring_setup: ") != std::string::npos);
}

}  // namespace tests::examples_sandboxed
