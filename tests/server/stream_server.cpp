#include "blocking_client.hpp"
#include "catch.hpp"
#include "echo.hpp"
#include "eventually.hpp"
#include "recording_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/server/stream_server.hpp>

#include <atomic>
#include <stdexcept>
#include <utility>

namespace tests::server_stream_server {

using namespace std::chrono_literals;

namespace {

constexpr auto until_the_end = std::chrono::hours(1);

/// Ends the server once all its connections have ended by themselves; gives what it was told.
std::vector<recording_server::error> errors_of(recording_server& server, serving_thread& serving) {
    server.shutdown(until_the_end);
    serving.join();
    return server.errors;
}

/// More than the buffers of both sides of a connection hold.
const std::string much(32U << 20U, 'm');

}  // namespace

TEST_CASE("whatever a handler throws ends its connection only, and is reported", "[server]") {
    recording_server server([](ringlet::stream& client) -> ringlet::task<> {
        std::array<char, 1> wanted;
        while (co_await client.recv(wanted) > 0) {
            switch (wanted[0]) {
            case 's':
                throw std::runtime_error("sorry");
            case 'i':
                throw 42;
            case 'e':
                throw std::system_error(std::make_error_code(std::errc::no_space_on_device));
            default:
                co_await client.send_all(wanted);
            }
        }
    });
    serving_thread serving(server);
    blocking_client witness(server.server_address());
    std::vector<ringlet::address> clients;
    for (const std::string_view wanted : {"s", "i", "e"}) {
        blocking_client client(server.server_address());
        clients.push_back(client.local_address());
        CHECK(client.exchange("x") == "x");
        client.send(wanted);
        client.shutdown_sending();
        CHECK(client.receive_all().empty());
        CHECK(witness.exchange("w") == "w");
    }
    witness.close();
    const auto errors = errors_of(server, serving);
    REQUIRE(errors.size() == 3);
    CHECK(errors[0].text == "sorry");
    CHECK(errors[1].text == "int 42");
    CHECK(errors[2].text == std::make_error_code(std::errc::no_space_on_device).message());
    for (std::size_t i = 0; i < clients.size(); ++i)
        CHECK(errors[i].client == clients[i]);
}

TEST_CASE("a client that is refused is not handled and its connection is closed", "[server]") {
    struct exclusive : recording_server {
        exclusive() : recording_server(echo) {}
        ringlet::task<bool> verify_request(ringlet::stream& /*request*/,
                                           const ringlet::address& client) override {
            asked.push_back(client);
            if (asked.size() == 2)
                throw std::runtime_error("who is that?");
            co_return asked.size() > 2;
        }
        std::vector<ringlet::address> asked;
    };
    exclusive server;
    serving_thread serving(server);
    std::vector<ringlet::address> clients;
    for (int i = 0; i < 2; ++i) {
        blocking_client refused(server.server_address());
        clients.push_back(refused.local_address());
        refused.shutdown_sending();
        CHECK(refused.receive_all().empty());
    }
    blocking_client welcome(server.server_address());
    clients.push_back(welcome.local_address());
    CHECK(welcome.exchange("hello") == "hello");
    welcome.close();
    const auto errors = errors_of(server, serving);
    CHECK(server.asked == clients);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].text == "who is that?");
    CHECK(errors[0].client == clients[1]);
}

TEST_CASE("process_request may be told of each connection", "[server]") {
    struct counting : recording_server {
        counting() : recording_server(echo) {}
        void process_request(ringlet::accepted<ringlet::stream> request) override {
            ++taken;
            recording_server::process_request(std::move(request));
        }
        std::atomic<int> taken{0};
    };
    counting server;
    const serving_thread serving(server);
    for (int i = 1; i <= 3; ++i) {
        CHECK(blocking_client(server.server_address()).exchange("x") == "x");
        CHECK(server.taken == i);
    }
}

TEST_CASE("a reset while the server reads ends that connection only", "[server]") {
    recording_server server(echo);
    serving_thread serving(server);
    blocking_client witness(server.server_address());
    blocking_client client(server.server_address());
    const auto gone = client.local_address();
    CHECK(client.exchange("x") == "x");
    client.reset();
    CHECK(witness.exchange("w") == "w");
    witness.close();
    const auto errors = errors_of(server, serving);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].client == gone);
    CHECK(errors[0].text.find("recv") == 0);
}

TEST_CASE("a reset while the server writes ends that connection only", "[server]") {
    recording_server server([](ringlet::stream& client) -> ringlet::task<> {
        std::array<char, 1> wanted;
        while (co_await client.recv(wanted) > 0)
            co_await client.send_all(wanted[0] == 'm' ? std::string_view(much) : "w");
    });
    serving_thread serving(server);
    blocking_client witness(server.server_address());
    blocking_client client(server.server_address());
    const auto gone = client.local_address();
    client.send("m");
    CHECK(client.receive(1000) == much.substr(0, 1000));
    CHECK(witness.exchange("w") == "w");  // a slow reader holds up nobody else
    client.reset();
    CHECK(witness.exchange("w") == "w");
    witness.close();
    const auto errors = errors_of(server, serving);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].client == gone);
    CHECK(errors[0].text.find("send") == 0);
}

TEST_CASE("a client that has reset before it is accepted harms nobody", "[server]") {
    recording_server server(echo);
    for (int i = 0; i < 10; ++i)
        blocking_client(server.server_address()).reset();
    serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).exchange("x") == "x");
    for (const auto& error : errors_of(server, serving))
        CHECK(error.client.family() == AF_UNSPEC);  // it had gone before it could be asked
}

TEST_CASE("a client that has ended its side can still be answered", "[server]") {
    recording_server server([](ringlet::stream& client) -> ringlet::task<> {
        std::array<char, 4096> buffer;
        std::size_t total = 0;
        while (const auto size = co_await client.recv(buffer))
            total += size;
        co_await client.send_all("received " + std::to_string(total));
    });
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.send(std::string(100'000, 'x'));
    client.shutdown_sending();
    CHECK(client.receive_all() == "received 100000");
    CHECK(errors_of(server, serving).empty());
}

TEST_CASE("a reply whose client is still sending arrives whole", "[server]") {
    ringlet::server_options lingering;
    lingering.linger_timeout = std::chrono::hours(1);
    recording_server server(
        [](ringlet::stream& client) -> ringlet::task<> {
            std::array<char, 1> first;
            co_await client.recv(first);
            co_await client.send_all("enough");  // and the rest is never read
        },
        lingering);
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.send(much);
    CHECK(client.receive_all() == "enough");
    client.close();
    CHECK(errors_of(server, serving).empty());
}

TEST_CASE("a handler may close its connection itself", "[server]") {
    recording_server server([](ringlet::stream& client) -> ringlet::task<> {
        co_await client.send_all("bye");
        co_await client.close();
    });
    serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).receive_all() == "bye");
    CHECK(errors_of(server, serving).empty());
}

TEST_CASE("a handler may give its connection away", "[server]") {
    std::atomic<int> kept = -1;
    recording_server server([&kept](ringlet::stream& client) -> ringlet::task<> {
        kept = client.release().release();
        co_return;
    });
    serving_thread serving(server);
    blocking_client client(server.server_address());
    CHECK(eventually([&] { return kept >= 0; }));
    CHECK(errors_of(server, serving).empty());
    CHECK(client.nothing_to_receive());
    ::close(kept);
    CHECK(client.receive_all().empty());
}

TEST_CASE("connections are handled at the same time", "[server]") {
    // Each waits for the last one, so that one after the other would never end.
    constexpr int all = 32;
    int arrived = 0;  // only the serving thread
    recording_server server([&arrived](ringlet::stream& client) -> ringlet::task<> {
        ++arrived;
        while (arrived < all)
            co_await ringlet::sleep_for(1ms);
        co_await client.send_all("together");
    });
    serving_thread serving(server);
    std::vector<blocking_client> clients;
    for (int i = 0; i < all; ++i)
        clients.emplace_back(server.server_address());
    for (auto& client : clients) {
        client.shutdown_sending();
        CHECK(client.receive_all() == "together");
    }
    CHECK(errors_of(server, serving).empty());
}

TEST_CASE("a server that can accept no more ends its connections, then says why", "[server]") {
    ringlet::server_options options;
    options.drain_timeout = 20ms;
    recording_server server(echo, options);
    serving_thread serving(server);
    blocking_client idle(server.server_address());
    CHECK(idle.exchange("x") == "x");
    ::shutdown(server.fileno(), SHUT_RDWR);
    CHECK_THROWS_AS(serving.join(), std::system_error);
    CHECK(idle.receive_all().empty());
    CHECK(server.errors.empty());
}

TEST_CASE("a process_request that throws ends that connection only", "[server]") {
    struct full : recording_server {
        full() : recording_server(echo) {}
        void process_request(ringlet::accepted<ringlet::stream> request) override {
            if (std::exchange(taken, true))
                throw std::length_error("one is enough");
            recording_server::process_request(std::move(request));
        }
        bool taken = false;
    };
    full server;
    serving_thread serving(server);
    blocking_client first(server.server_address());
    CHECK(first.exchange("x") == "x");
    blocking_client second(server.server_address());
    const auto refused = second.local_address();
    CHECK(second.receive_all().empty());
    CHECK(first.exchange("y") == "y");
    first.close();
    const auto errors = errors_of(server, serving);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].client == refused);
    CHECK(errors[0].text == "one is enough");
}

}  // namespace tests::server_stream_server
