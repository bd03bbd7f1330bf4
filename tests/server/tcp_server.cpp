#include "blocking_client.hpp"
#include "catch.hpp"
#include "child_process.hpp"
#include "descriptor_limit.hpp"
#include "descriptors.hpp"
#include "echo.hpp"
#include "recording_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/tcp_server.hpp>

#include <future>
#include <optional>
#include <stdexcept>

namespace tests::server_tcp_server {

using namespace std::chrono_literals;

namespace {

constexpr auto until_the_end = std::chrono::hours(1);
const ringlet::address loopback("127.0.0.1", 0);

}  // namespace

TEST_CASE("a TCP server echoes three times and leaves no descriptor behind", "[server]") {
    const auto descriptors = open_descriptors();
    {
        ringlet::tcp_server server(loopback, echo);
        serving_thread serving(server);
        for (int i = 0; i < 3; ++i) {
            blocking_client client(server.server_address());
            CHECK(client.exchange("hello world\n") == "hello world\n");
        }
        server.shutdown();
        serving.join();
        server.server_close();
        CHECK(server.fileno() == -1);
    }
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("a TCP server can be closed at once", "[server]") {
    const auto descriptors = open_descriptors();
    ringlet::tcp_server(loopback, echo).server_close();
    { const ringlet::tcp_server unused(loopback, echo); }
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("a TCP server listens on IPv6 as on IPv4", "[server]") {
    std::optional<ringlet::tcp_server> server;
    try {
        server.emplace(ringlet::address("::1", 0), echo);
    } catch (const std::system_error& error) {
        SKIP("this system has no IPv6: " << error.what());
    }
    const serving_thread serving(*server);
    CHECK(server->server_address().to_string().starts_with("[::1]:"));
    CHECK(blocking_client(server->server_address()).exchange("six") == "six");
}

TEST_CASE("a TCP server refuses an address that is not of TCP", "[server]") {
    const auto descriptors = open_descriptors();
    CHECK_THROWS_AS(ringlet::tcp_server(ringlet::address(), echo), std::invalid_argument);
    const auto path = ringlet::address::unix_path("@ringlet-test");
    CHECK_THROWS_AS(ringlet::tcp_server(path, echo), std::invalid_argument);
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("a thousand servers that cannot bind leave no descriptor behind", "[server]") {
    const ringlet::tcp_server holder(loopback, echo);
    const auto descriptors = open_descriptors();
    int refused = 0;
    for (int i = 0; i < 1000; ++i) {
        try {
            const ringlet::tcp_server late(holder.server_address(), echo);
        } catch (const std::system_error& error) {
            const bool named =
                std::string_view(error.what()).find(holder.server_address().to_string()) !=
                std::string_view::npos;
            refused += error.code() == std::errc::address_in_use && named ? 1 : 0;
        }
    }
    CHECK(refused == 1000);
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("a TCP server that cannot serve for want of descriptors says so and can later",
          "[server]") {
    ringlet::tcp_server server(loopback, echo);
    const auto descriptors = open_descriptors();
    {
        // In this thread, since UBSan takes a descriptor to look at the classes that a new one
        // needs.
        const descriptor_limit none(0);
        CHECK_THROWS_AS(server.serve_forever(), std::system_error);
        CHECK_THROWS_AS(server.handle_request(), std::system_error);
    }
    CHECK(open_descriptors() == descriptors);
    const serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).exchange("x") == "x");
}

TEST_CASE("clients in many threads are all answered with their own bytes", "[server]") {
    recording_server server(echo);
    serving_thread serving(server);
    constexpr int clients = 24;
    std::vector<std::future<int>> conversations;
    for (int id = 0; id < clients; ++id)
        conversations.push_back(std::async(std::launch::async, [&server, id] {
            blocking_client client(server.server_address());
            int right = 0;
            for (std::size_t round = 1; round <= 40; ++round) {
                const std::string message((round * 977U) % 20'000U + 1U,
                                          static_cast<char>('A' + id));
                right += client.exchange(message) == message ? 1 : 0;
            }
            return right;
        }));
    for (auto& conversation : conversations)
        CHECK(get_in_time(conversation) == 40);
    server.shutdown(until_the_end);
    serving.join();
    CHECK(server.errors.empty());
}

TEST_CASE("five thousand clients are connected at once, and nothing of them stays", "[server]") {
    constexpr std::size_t wanted = 5000;
    constexpr rlim_t needed = 2 * wanted + 200;
    if (descriptor_limit::ceiling() < needed)
        SKIP("the hard limit on descriptors is below " << needed);
    const descriptor_limit limit(needed);
    const auto descriptors = open_descriptors();
    {
        recording_server server(echo);
        serving_thread serving(server);
        std::vector<blocking_client> clients;
        clients.reserve(wanted);
        for (std::size_t i = 0; i < wanted; ++i)
            clients.emplace_back(server.server_address());
        for (auto& client : clients)
            client.send("x");
        std::size_t answered = 0;
        for (auto& client : clients)
            answered += client.receive(1) == "x" ? 1U : 0U;
        CHECK(answered == wanted);
        CHECK(open_descriptors() >= descriptors + 2 * wanted);
        clients.clear();
        server.shutdown(until_the_end);
        serving.join();
        CHECK(server.errors.empty());
    }
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("a Python client is served", "[server]") {
    recording_server server(echo);
    const serving_thread serving(server);
    child_process client(
        {"python3", "-c",
         "import socket, sys\n"
         "with socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10) as client:\n"
         "    with client.makefile('rw') as lines:\n"
         "        for word in ('one', 'two', 'three'):\n"
         "            print(word, file=lines, flush=True)\n"
         "            print(lines.readline(), end='')\n",
         std::to_string(server.server_address().port())});
    CHECK(client.out().read_rest() == "one\ntwo\nthree\n");
    CHECK(client.wait() == 0);
}

TEST_CASE("a TCP server is bound to an address that is given as text", "[server]") {
    ringlet::tcp_server server("127.0.0.1:0", echo);
    const serving_thread serving(server);
    CHECK(server.server_address().host() == "127.0.0.1");
    CHECK(blocking_client(server.server_address()).exchange("text") == "text");
    CHECK_THROWS_WITH(ringlet::tcp_server("127.0.0.1", echo),
                      StartsWith("address \"127.0.0.1\": the port is missing"));
    CHECK_THROWS_WITH(ringlet::tcp_server("unix:/run/x.sock", echo),
                      StartsWith("tcp_server: \"unix:/run/x.sock\" is no IP address"));
}

}  // namespace tests::server_tcp_server
