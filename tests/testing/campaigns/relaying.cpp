#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/relay.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <array>

// Clients talk to a server through a relay in between: each end gets the whole of what the other
// has sent, or an error; never a part that looks whole.

namespace tests::campaigns::relaying {

using namespace std::chrono_literals;
using ringlet::stream;
using ringlet::testing::random_source;
using nanoseconds = std::chrono::nanoseconds;

constexpr int server_port = 9999;
constexpr int relay_port = 8888;

/// What is sent on a connection, each way. A client sends its number first.
struct texts {
    explicit texts(std::uint64_t number) {
        random_source random(number, "texts");
        forth = std::to_string(number) + "\n" + numbered_bytes(2 * number, random.below(60'000));
        back = numbered_bytes(2 * number + 1, random.below(60'000));
    }

    std::string forth;
    std::string back;
};

struct outcome {
    std::size_t whole_forth = 0;
    std::size_t whole_back = 0;
    std::size_t cancelled = 0;
    std::size_t idle = 0;
};

task<> receive(stream& from, std::string& received) {
    std::array<char, 5000> buffer;
    while (const std::size_t count = co_await from.recv(std::as_writable_bytes(std::span(buffer))))
        received.append(buffer.data(), count);
}

/// Sends and receives at the same time, up to both ends. Throws if one of them fails.
task<> exchange(stream& with, const std::string& sent, std::string& received,
                random_source random) {
    co_await ringlet::task_group::run([&](ringlet::task_group& group) {
        group.spawn(send_in_pieces(with, sent, random, 10'000, 3s));
        group.spawn(receive(with, received));
    });
}

/// The server's side of a connection: its first line says which.
task<> answer(stream& client, std::shared_ptr<outcome> all) {
    std::string received;
    while (received.find('\n') == std::string::npos) {
        std::array<char, 1> letter;
        if (co_await client.recv(std::as_writable_bytes(std::span(letter))) == 0)
            throw std::system_error(std::make_error_code(std::errc::broken_pipe));
        received += letter[0];
    }
    const std::uint64_t number = std::stoull(received);
    const texts expected(number);
    co_await exchange(client, expected.back, received, random_source(number, "server"));
    always(received == expected.forth, "what the server gets is whole");
    ++all->whole_forth;
}

task<> relay_to(stream& client, ringlet::address server, nanoseconds cancelled_after,
                std::chrono::milliseconds idle, std::shared_ptr<outcome> all) {
    stream behind = co_await ringlet::connect(server);
    ringlet::relay_options options;
    options.idle_timeout = idle;
    try {
        const ringlet::cancel_scope scope(cancelled_after);
        const ringlet::relay_result result = co_await ringlet::relay(client, behind, options);
        all->idle +=
            result.one_error == std::errc::timed_out && result.other_error == std::errc::timed_out
                ? 1U
                : 0U;
        sometimes(!result.one_error && !result.other_error, "a relay ends in order");
        sometimes(result.one_error == std::errc::connection_reset, "the client's stream fails");
        sometimes(result.other_error == std::errc::connection_reset, "the server's stream fails");
    } catch (const std::system_error& error) {
        always(error.code() == std::errc::timed_out, "a relay throws where it is cancelled");
        ++all->cancelled;
    }
    co_await behind.close();
}

task<> visit(ringlet::address relay, std::uint64_t number, std::shared_ptr<outcome> all) {
    random_source random(number, "client");
    co_await ringlet::sleep_for(random.between(0us, 300ms));
    const texts expected(number);
    try {
        stream connection = co_await ringlet::connect(relay);
        std::string received;
        co_await exchange(connection, expected.forth, received, random);
        co_await connection.close();
        // The relay closes a client in order, without a byte, if it cannot reach the server.
        sometimes(received.empty() && !expected.back.empty(), "a relay cannot reach the server");
        always(received.empty() || received == expected.back, "what a client gets is whole");
        all->whole_back += received == expected.back ? 1U : 0U;
    } catch (const std::system_error&) {
        reached("a client fails");
    }
}

task<> play(simulation& sim, bool harmless) {
    random_source& random = sim.random();
    const auto all = std::make_shared<outcome>();
    auto& server_host = sim.host("server");
    auto& relay_host = sim.host("relay");
    const auto server =
        make_server<ringlet::tcp_server>(server_host, ringlet::address("", server_port),
                                         [all](stream& client) { return answer(client, all); }, {});
    const bool cancels = !harmless && random.chance(0.3);
    const nanoseconds cancelled_after = cancels ? random.between(0us, 5s) : nanoseconds(20h);
    const auto idle = std::chrono::milliseconds(
        !harmless && random.chance(0.3) ? random.between(100, 5000) : 3'600'000);
    const auto relay = make_server<ringlet::tcp_server>(
        relay_host, ringlet::address("", relay_port),
        [all, at = server_host.address(server_port), cancelled_after, idle](stream& client) {
            return relay_to(client, at, cancelled_after, idle, all);
        },
        {});
    watch_counters(sim, relay);
    const auto serving = serve_on(server_host, server);
    const auto relaying = serve_on(relay_host, relay);
    const std::uint64_t clients = random.between(1, 4);
    for (std::uint64_t i = 0; i < clients; ++i)
        sim.host("client").spawn([at = relay_host.address(relay_port), all,
                                  number = sim.seed() * 10 + i] { return visit(at, number, all); });
    co_await chaos_then_calm(sim);
    relay->shutdown(1min);
    co_await relaying.join();
    server->shutdown(1min);
    co_await serving.join();
    check_at_rest(relay->counters());
    check_at_rest(server->counters());
    sometimes(all->cancelled > 0, "a relay is cancelled");
    sometimes(all->idle > 0, "a relay is idle for too long");
    sometimes(all->whole_back > 0, "an answer is whole");
    if (harmless) {
        always(all->whole_forth == clients, "without loss each server gets the whole");
        always(all->whole_back == clients, "without loss each client gets the whole");
    }
}

void relaying_under_faults(simulate_options options) {
    options.faults.window_min = 100;
    run_campaign("relay", options, [](simulation& sim) { return play(sim, false); });
}

void relaying_without_loss(simulate_options options) {
    options.faults = harmless_faults();
    options.faults.window_min = 100;
    run_campaign("relay without loss", options, [](simulation& sim) { return play(sim, true); });
}

TEST_CASE("campaign: relay", "[testing][campaign]") {
    relaying_under_faults(
        tries(200, {"a relay ends in order", "a relay is cancelled", "a relay is idle for too long",
                    "an answer is whole", "a client fails", "the client's stream fails",
                    "the server's stream fails"}));
}

TEST_CASE("campaign: relay without loss", "[testing][campaign]") {
    relaying_without_loss(tries(150, {"a relay ends in order", "an answer is whole"}));
}

}  // namespace tests::campaigns::relaying
