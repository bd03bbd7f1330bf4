#include "blocking_client.hpp"
#include "programs.hpp"

#include <ctime>

namespace tests::examples_time_server {

namespace {

/// A client in Python that sends one datagram, and prints the answer.
command ask(const ringlet::address& server) {
    const std::string program = "import socket, sys\n"
                                "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                                "s.settimeout(20)\n"
                                "s.sendto(b'', (sys.argv[1], int(sys.argv[2])))\n"
                                "sys.stdout.write(s.recv(1000).decode())\n";
    return {"python3", "-c", program, server.host(), std::to_string(server.port())};
}

/// The moment that an answer names.
std::time_t parse(const std::string& answer) {
    std::tm utc{};
    const char* const end = ::strptime(answer.c_str(), "%A, %B %d, %Y %H:%M:%S-UTC\r\n", &utc);
    if (end == nullptr || *end != '\0')
        throw std::runtime_error("no time: " + answer);
    return ::timegm(&utc);
}

}  // namespace

TEST_CASE("the time server tells the time", "[examples]") {
    example_server server("time_server");
    for (int i = 0; i < 2; ++i) {
        const std::time_t before = std::time(nullptr);
        child_process client(ask(server.address()));
        const std::string answer = client.out().read_rest();
        CHECK(client.wait() == 0);
        const std::time_t told = parse(answer);
        CHECK(told >= before);
        CHECK(told <= std::time(nullptr));
    }
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
    CHECK(server.err().read_rest().empty());
}

TEST_CASE("clients that do not wait for the time are nothing to the time server", "[examples]") {
    example_server server("time_server");
    for (int client = 0; client < 50; ++client) {
        blocking_client gone(AF_INET, SOCK_DGRAM);
        gone.connect(server.address());
        gone.send("what time is it?");
    }
    child_process waiting(ask(server.address()));
    CHECK_FALSE(waiting.out().read_rest().empty());
    server.signal(SIGINT);
    CHECK(server.wait() == 0);
    CHECK(server.err().read_rest().empty());
}

}  // namespace tests::examples_time_server
