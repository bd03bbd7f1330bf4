#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/writer.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/unix_stream_server.hpp>

#include <array>

// Every server of streams sends back what it gets, from many clients that send and receive at the
// same time: nothing is lost, nothing comes twice or in another order, and each connection is
// counted once.

namespace tests::campaigns::stream_echo {

using namespace std::chrono_literals;
using ringlet::stream;
using ringlet::testing::random_source;

constexpr int port = 9999;
constexpr std::size_t clients_max = 6;
constexpr std::uint64_t message_max = 100'000;

task<> echo(stream& client) {
    std::array<std::byte, 4096> buffer;
    while (const std::size_t count = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(count));
}

task<> echo_lent(stream& client) {
    while (const auto received = co_await client.recv_lent())
        co_await client.send_all(received);
}

task<> echo_buffered(stream& client) {
    ringlet::reader in(client);
    ringlet::writer out(client);
    in.tie(out);
    std::array<std::byte, 100> buffer;
    while (const std::size_t count = co_await in.read_some(buffer))
        co_await out.write(std::span(buffer).first(count));
    co_await out.flush();
}

task<> echo_in_two_buffers(stream& client) {
    std::array<std::byte, 5000> buffer;
    while (const std::size_t count = co_await client.recv(buffer)) {
        const auto received = std::span(buffer).first(count);
        co_await client.send_all(received.first(count / 2), received.subspan(count / 2));
    }
}

constexpr std::array handlers{&echo, &echo_lent, &echo_buffered, &echo_in_two_buffers};

/// What the clients of a run have done.
struct outcome {
    std::size_t begun = 0;
    std::size_t whole = 0;
    std::uint64_t bytes = 0;
};

task<> receive_all(stream& from, const std::string& expected, std::size_t& received,
                   random_source random) {
    std::vector<char> buffer(random.between(1, 30'000));
    while (const std::size_t count =
               co_await from.recv(std::as_writable_bytes(std::span(buffer)))) {
        always(count <= expected.size() - received, "no more comes back than was sent");
        always(std::string_view(buffer.data(), count) ==
                   std::string_view(expected).substr(received, count),
               "what comes back is what was sent");
        received += count;
        if (random.chance(0.05))
            co_await ringlet::sleep_for(random.between(0us, 500ms));
    }
}

task<> talk(ringlet::address server, std::uint64_t number, std::shared_ptr<outcome> all) {
    random_source random(number, "client");
    co_await ringlet::sleep_for(random.between(0us, 300ms));
    const std::string text = numbered_bytes(
        number, random.chance(0.5) ? random.below(200) : random.between(1, message_max));
    ++all->begun;
    try {
        stream connection = co_await ringlet::connect(server);
        std::size_t received = 0;
        co_await ringlet::task_group::run([&](ringlet::task_group& group) {
            group.spawn(
                send_in_pieces(connection, text, random_source(number, "sent"), 20'000, 100ms));
            group.spawn(receive_all(connection, text, received, random_source(number, "received")));
        });
        // Where a send has met a reset, the system tells a receive of the end alone.
        always(received == text.size(), "an echo without an error ends behind all that was sent");
        co_await connection.close();
        ++all->whole;
        all->bytes += text.size();
        reached("a connection ends in order");
    } catch (const std::system_error& error) {
        sometimes(error.code() == std::errc::connection_reset, "a connection is reset");
        sometimes(error.code() == std::errc::connection_refused, "a connection is refused");
    }
}

ringlet::server_options draw_options(random_source& random) {
    ringlet::server_options options;
    options.listening.binding.v6_only = false;
    if (random.chance(0.5)) {
        options.concurrency = ringlet::concurrency::threads;
        options.workers = random.between(1, 3);
        if (random.chance(0.5))
            options.to_workers = ringlet::server_options::hand_over::reuse_port;
    }
    if (random.chance(0.3))
        options.listening.accepted_ahead_max = random.below(3);
    if (random.chance(0.3))
        options.max_connections = random.between(1, 4);
    if (random.chance(0.3))
        options.linger_timeout = 0ms;
    return options;
}

// Windows of a single byte, for a while, make long runs.
constexpr std::uint64_t steps_max = 10'000'000;

task<> play(simulation& sim, bool harmless, bool over_unix) {
    auto& server_host = sim.host("server");
    ringlet::server_options options = draw_options(sim.random());
    std::shared_ptr<ringlet::stream_server> server;
    ringlet::address at = server_host.address(port);
    const auto handler = handlers[sim.random().below(handlers.size())];
    if (over_unix) {
        options.to_workers = {};
        at = ringlet::address::unix_path("/simulated/echo");
        server = make_server<ringlet::unix_stream_server>(server_host, at, handler, options);
    } else {
        server = make_server<ringlet::tcp_server>(server_host, ringlet::address("::", port),
                                                  handler, options);
        if (sim.random().chance(0.3))
            at = server_host.ipv6_address(port);
    }
    watch_counters(sim, server);
    auto serving = serve_on(server_host, server);
    const auto all = std::make_shared<outcome>();
    const std::uint64_t clients = sim.random().between(1, clients_max);
    for (std::uint64_t i = 0; i < clients; ++i) {
        auto& host = over_unix ? server_host : sim.host(i % 2 == 0 ? "one" : "other");
        host.spawn(
            [at, all, number = sim.seed() * clients_max + i] { return talk(at, number, all); });
    }
    co_await chaos_then_calm(sim);
    always(all->begun == clients, "each client has begun");
    if (harmless)
        always(all->whole == clients, "without resets and refusals each echo is whole");
    else
        sometimes(server->counters().failed.reset > 0, "a handler sees a reset");
    server->shutdown(1min);
    co_await serving.join();
    const ringlet::server_counters counters = server->counters();
    check_at_rest(counters);
    always(counters.finished >= all->whole, "an echo that is whole was a request that finished");
    always(counters.bytes_sent >= all->bytes, "the bytes of whole echos are counted");
}

void echo_over_tcp(simulate_options options) {
    options.steps_max = steps_max;
    run_campaign("echo over TCP", options, [](simulation& sim) { return play(sim, false, false); });
}

void echo_without_loss(simulate_options options) {
    options.steps_max = steps_max;
    options.faults = harmless_faults();
    run_campaign("echo without loss", options,
                 [](simulation& sim) { return play(sim, true, false); });
}

void echo_over_unix(simulate_options options) {
    options.faults = harmless_faults();
    run_campaign("echo over Unix sockets", options,
                 [](simulation& sim) { return play(sim, true, true); });
}

TEST_CASE("campaign: echo over TCP", "[testing][campaign]") {
    echo_over_tcp(tries(300, {"a connection ends in order", "a connection is reset",
                              "a connection is refused", "a handler sees a reset"}));
}

TEST_CASE("campaign: echo without loss", "[testing][campaign]") {
    echo_without_loss(tries(300, {"a connection ends in order"}));
}

TEST_CASE("campaign: echo over Unix sockets", "[testing][campaign]") {
    echo_over_unix(tries(200, {"a connection ends in order"}));
}

}  // namespace tests::campaigns::stream_echo
