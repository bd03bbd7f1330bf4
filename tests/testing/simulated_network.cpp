#include "catch.hpp"
#include "check_awaited.hpp"
#include "testing/echo_service.hpp"
#include "testing/failed_simulation.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/net/socket.hpp>
#include <ringlet/testing/simulate.hpp>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::testing_simulated_network {

using namespace std::chrono_literals;
using ringlet::task;
using ringlet::testing::fault_options;
using ringlet::testing::simulate;
using ringlet::testing::simulation;

namespace {

/// Runs `body(simulation, client)` without faults, where the client is connected to a server.
template <class Body>
void with_connection(const Body& body) {
    const auto report =
        simulate({.seeds = 5, .faults = fault_options::none()}, [&](simulation& sim) -> task<> {
            sim.host("server").spawn(serve_echo);
            auto client = co_await ringlet::connect("server", echo_port);
            co_await body(sim, client);
        });
    CHECK(report.seeds == 5);
}

/// How long an echo takes.
task<std::chrono::nanoseconds> time_of_echo(simulation& sim, ringlet::stream& client) {
    const auto begin = sim.elapsed();
    CHECK_AWAITED(co_await ask_for_echo(client, "hello"), "hello");
    co_return sim.elapsed() - begin;
}

}  // namespace

TEST_CASE("bytes take as long as the latency says, there and back", "[testing]") {
    with_connection([](simulation& sim, ringlet::stream& client) -> task<> {
        const auto fast = co_await time_of_echo(sim, client);
        CHECK(fast < 1ms);
        sim.network().set_latency("scenario", "server", 250ms);
        const auto slow = co_await time_of_echo(sim, client);
        CHECK(slow >= 500ms);
        CHECK(slow < 501ms);
        sim.network().set_latency("server", "scenario", 1ms);
        const auto faster = co_await time_of_echo(sim, client);
        CHECK(faster >= 2ms);
        CHECK(faster < 3ms);
    });
}

TEST_CASE("bytes come later over a way that is cut, and are not lost", "[testing]") {
    with_connection([](simulation& sim, ringlet::stream& client) -> task<> {
        sim.network().cut("scenario", "server", 5s);
        const auto late = co_await time_of_echo(sim, client);
        CHECK(late >= 5s);
        CHECK(late < 8s);
        const auto fast = co_await time_of_echo(sim, client);
        CHECK(fast < 1ms);
    });
}

TEST_CASE("a way can be cut in one direction", "[testing]") {
    with_connection([](simulation& sim, ringlet::stream& client) -> task<> {
        sim.network().cut_one_way("server", "scenario", 1h);
        std::string answer(5, '\0');
        co_await client.send_all("hello");
        co_await ringlet::sleep_for(10s);
        // The server has the bytes, and its answer does not come through.
        sim.network().cut_one_way("scenario", "server", 1h);
        sim.network().cut_one_way("server", "scenario", 0s);
        co_await client.recv(answer);
        CHECK(answer == "hello");
        CHECK(sim.elapsed() < 1h);
    });
}

TEST_CASE("what is held comes when it is released", "[testing]") {
    with_connection([](simulation& sim, ringlet::stream& client) -> task<> {
        sim.network().hold("scenario", "server");
        sim.host("hand").spawn([&]() -> task<> {
            co_await ringlet::sleep_for(10min);
            sim.network().release("server", "scenario");
        });
        const auto late = co_await time_of_echo(sim, client);
        CHECK(late >= 10min);
        CHECK(late < 11min);
    });
}

TEST_CASE("a client connects once the way is mended, if it has not given up", "[testing]") {
    simulate({.seeds = 5, .faults = fault_options::none()}, [](simulation& sim) -> task<> {
        sim.host("server").spawn(serve_echo);
        sim.network().cut("scenario", "server", 5s);
        auto client = co_await ringlet::connect("server", echo_port);
        CHECK(sim.elapsed() >= 5s);
        CHECK(sim.elapsed() < 10s);
        sim.network().cut("scenario", "server", 1h);
        std::error_code error;
        static_cast<void>(co_await ringlet::connect("server", echo_port, {}, error));
        CHECK(error == std::errc::timed_out);
    });
}

TEST_CASE("clients beyond a backlog connect, and are dropped where nobody accepts", "[testing]") {
    simulate({.seeds = 5, .faults = fault_options::none()}, [](simulation& sim) -> task<> {
        auto& server = sim.host("server");
        auto& client = sim.host("client");
        auto listening = ringlet::socket::open(server.loop().net(), AF_INET, SOCK_STREAM);
        listening.bind(ringlet::address("", echo_port));
        listening.listen(1);  // for two clients, as Linux counts
        sim.network().set_latency("client", "server", 100ms);
        int connected = 0;
        int dropped = 0;
        for (int i = 0; i < 5; ++i)
            client.spawn([&]() -> task<> {
                auto connection = co_await ringlet::connect("server", echo_port);
                ++connected;
                std::array<char, 1> byte{};
                std::error_code error;
                co_await ringlet::with_timeout(5min, connection.recv(byte, error));
                dropped += error == std::errc::connection_reset ? 1 : 0;
            });
        co_await ringlet::sleep_for(300ms);
        CHECK(connected == 5);
        co_await ringlet::sleep_for(10s);
        CHECK(dropped == 0);
        co_await ringlet::sleep_for(10min);
        CHECK(dropped == 3);
    });
}

TEST_CASE("datagrams are lost over a way that is cut", "[testing]") {
    simulate({.seeds = 5, .faults = fault_options::none()}, [](simulation& sim) -> task<> {
        auto& receiver = sim.host("receiver");
        std::string received;
        receiver.spawn([&]() -> task<> {
            ringlet::datagram_socket socket(ringlet::address("0.0.0.0", 9));
            for (std::array<char, 100> buffer{}; received.size() < 2;) {
                const auto datagram = co_await socket.recv(buffer);
                received.append(buffer.data(), datagram.size);
            }
        });
        ringlet::datagram_socket sender(ringlet::address("0.0.0.0", 0));
        co_await ringlet::sleep_for(1s);
        co_await sender.send_to("1", receiver.address(9));
        co_await ringlet::sleep_for(1s);
        sim.network().cut_one_way("scenario", "receiver", 10s);
        co_await sender.send_to("2", receiver.address(9));
        co_await ringlet::sleep_for(11s);
        co_await sender.send_to("3", receiver.address(9));
        co_await sim.calm();
        CHECK(received == "13");
    });
}

TEST_CASE("a host that does not exist is refused by name", "[testing]") {
    const auto failed = failure_without_faults([](simulation& sim) -> task<> {
        static_cast<void>(sim.host("server"));
        sim.network().cut("scenario", "sever", 1s);
        co_return;
    });
    CHECK(failed.says("the simulation has no host \"sever\"; it has scenario, server"));
    simulate({.seeds = 1}, [](simulation& sim) -> task<> {
        static_cast<void>(sim.host("server"));
        CHECK_THROWS_AS(sim.network().hold("nobody", "server"), std::invalid_argument);
        CHECK_THROWS_AS(sim.network().release("server", "nobody"), std::invalid_argument);
        CHECK_THROWS_AS(sim.network().cut_one_way("nobody", "server", 1s), std::invalid_argument);
        CHECK_THROWS_AS(sim.network().set_latency("", "server", 1s), std::invalid_argument);
        co_return;
    });
}

}  // namespace tests::testing_simulated_network
