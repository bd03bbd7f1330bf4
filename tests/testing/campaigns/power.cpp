#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <array>

// Hosts lose their power and get it back, the server's as well as the clients': a client that tries
// again, with a time for each attempt, is served in the end, and each answer is that to its
// question.

namespace tests::campaigns::power {

using namespace std::chrono_literals;
using ringlet::stream;
using ringlet::testing::random_source;
using ringlet::testing::simulated_host;

constexpr int port = 9999;

struct outcome {
    std::size_t asked = 0;
    std::size_t answered = 0;
    bool over = false;  // no host loses its power any more
};

task<> answer(stream& client) {
    std::array<std::byte, 100> buffer;
    while (const std::size_t count = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(count));
}

/// Serves until the host loses its power.
task<> serve(ringlet::concurrency kind, ringlet::network& net) {
    ringlet::server_options options;
    options.net = &net;
    options.concurrency = kind;
    options.workers = 2;
    options.listening.binding.v6_only = false;
    options.stream_timeouts.idle = 10s;
    options.drain_timeout = 0ms;
    ringlet::tcp_server server(ringlet::address("::", port), answer, options);
    co_await server.serve();
}

task<> ask_once(ringlet::address server, const std::string& question) {
    stream connection = co_await ringlet::connect(server);
    co_await connection.send_all(question);
    std::string answer;
    std::array<char, 64> buffer;
    while (answer.size() < question.size()) {
        const std::size_t count =
            co_await connection.recv(std::as_writable_bytes(std::span(buffer)));
        if (count == 0)
            throw std::system_error(std::make_error_code(std::errc::broken_pipe));
        answer.append(buffer.data(), count);
    }
    always(answer == question, "an answer is that to its question");
    co_await connection.close();
}

/// Asks until there is an answer.
task<> ask(ringlet::address server, std::uint64_t number, std::shared_ptr<outcome> all) {
    const std::string question = numbered_bytes(number, 20 + number % 200);
    ++all->asked;
    for (;;) {
        std::error_code error;
        try {
            co_await ringlet::with_timeout(3s, ask_once(server, question));
            ++all->answered;
            co_return;
        } catch (const std::system_error& failure) {
            error = failure.code();
        }
        sometimes(error == std::errc::timed_out, "an attempt takes too long");
        sometimes(error == std::errc::connection_refused, "a server is not there yet");
        sometimes(error == std::errc::connection_reset, "a server has forgotten a connection");
        co_await ringlet::sleep_for(200ms);
    }
}

/// Takes a host's power away now and then, and has `begin` start anew what runs on it.
task<> trouble(simulated_host& host, random_source random, std::shared_ptr<outcome> all,
               std::function<void()> begin) {
    while (!all->over) {
        co_await ringlet::sleep_for(random.between(1ms, 4s));
        co_await host.stop();
        always(!host.running(), "a host that is stopped does not run");
        co_await ringlet::sleep_for(random.between(1us, 2s));
        host.start();
        begin();
        reached("a host has its power back");
    }
}

task<> play(simulation& sim) {
    random_source& random = sim.random();
    const auto all = std::make_shared<outcome>();
    auto& server_host = sim.host("server");
    const auto kind =
        random.chance(0.5) ? ringlet::concurrency::loop : ringlet::concurrency::threads;
    const auto begin_server = [&server_host, kind] {
        server_host.spawn([kind, &server_host] { return serve(kind, server_host.loop().net()); });
    };
    begin_server();
    auto& own = sim.host("operator");
    own.spawn([&server_host, all, begin_server, random = random_source(sim.seed(), "server")] {
        return trouble(server_host, random, all, begin_server);
    });
    const std::uint64_t clients = random.between(1, 4);
    for (std::uint64_t i = 0; i < clients; ++i) {
        auto& host = sim.host("client" + std::to_string(i));
        const auto begin = [&host, all, at = server_host.address(port), i] {
            host.spawn([at, all, i] { return ask(at, i, all); });
        };
        begin();
        if (random.chance(0.3))
            own.spawn([&host, all, begin, random = random_source(sim.seed(), host.name())] {
                return trouble(host, random, all, begin);
            });
    }
    co_await ringlet::sleep_for(random.between(0us, 30s));
    all->over = true;
    co_await sim.calm();
    always(server_host.running(), "the server has its power in the end");
    always(server_host.open_sockets() <= 4, "no connection of the server is left");
    always(all->answered >= clients, "each client is answered in the end");
    sometimes(all->answered < all->asked, "a client loses its power before it is answered");
}

void power_failures(simulate_options options) {
    run_campaign("power", options, play);
}

TEST_CASE("campaign: hosts lose their power", "[testing][campaign]") {
    power_failures(
        tries(200, {"an attempt takes too long", "a server is not there yet",
                    "a server has forgotten a connection", "a host has its power back"}));
}

}  // namespace tests::campaigns::power
