#include "connected_pair.hpp"
#include "programs.hpp"

#include <string>

namespace tests::examples_chat_client {

namespace {

command to(const ringlet::address& server) {
    return example("chat_client", {"--address", server.to_string()});
}

/// Somebody at a terminal who has a name in the lobby.
class guest : public child_process {
public:
    guest(const ringlet::address& server, const std::string& name) : child_process(to(server)) {
        CHECK(read_line() == "* who are you? /nick NAME");
        write("/nick " + name + "\n");
        CHECK(read_line() == "* hello, " + name);
        write("/who\n");  // the answer comes from the lobby
        CHECK(read_line().starts_with("* in lobby:"));
    }
};

}  // namespace

TEST_CASE("chat clients show what comes while nothing is typed", "[examples]") {
    example_server server("chat_server");
    guest ann(server.address(), "ann");
    guest bob(server.address(), "bob");
    CHECK(ann.read_line() == "* bob joins lobby");
    bob.write("hello\n");
    CHECK(bob.read_line() == "bob: hello");
    CHECK(ann.read_line() == "bob: hello");
    bob.close_input();
    CHECK(bob.out().read_rest() == "* goodbye\n");
    CHECK(bob.wait() == 0);
    CHECK(ann.read_line() == "* bob leaves lobby");
    server.signal(SIGTERM);
    CHECK(ann.out().read_rest() == "* goodbye\n");
    CHECK(ann.err().read_rest().empty());
    CHECK(ann.wait() == 0);
}

TEST_CASE("the chat client says that the server has failed", "[examples]") {
    const ringlet::socket listening = tcp_listener();
    child_process client(to(listening.local_address()));
    ringlet::socket server = owned_socket(
        ::accept4(listening.native_handle(), nullptr, nullptr, SOCK_CLOEXEC), "accept");
    CHECK(::send(server.native_handle(), "hello\n", 6, 0) == 6);
    CHECK(client.read_line() == "hello");
    reset(server);
    CHECK(client.err().read_rest() == "chat_client: recv: Connection reset by peer\n");
    CHECK(client.wait() == 1);
}

}  // namespace tests::examples_chat_client
