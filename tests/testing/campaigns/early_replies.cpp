#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <array>

// A server that answers before its client has sent all, as with HTTP's status 413, and is done: the
// client gets the whole answer, though what it still sends is dropped.

namespace tests::campaigns::early_replies {

using namespace std::chrono_literals;
using ringlet::stream;
using ringlet::testing::random_source;

constexpr int port = 9999;
constexpr std::size_t text_max = 30'000;

task<> answer_early(stream& client, const std::string& answer) {
    std::array<std::byte, 100> buffer;
    if (co_await client.recv(buffer) > 0)
        co_await client.send_all(answer);
}

task<> receive(stream& from, std::string& received) {
    std::array<char, 5000> buffer;
    while (const std::size_t count = co_await from.recv(std::as_writable_bytes(std::span(buffer))))
        received.append(buffer.data(), count);
}

task<> visit(ringlet::address server, const std::string& answer, random_source random,
             std::shared_ptr<std::size_t> answered) {
    stream connection = co_await ringlet::connect(server);
    const std::string question = numbered_bytes(random(), random.between(1, text_max));
    std::string received;
    co_await ringlet::task_group::run([&](ringlet::task_group& group) {
        group.spawn(send_in_pieces(connection, question, random, 5000, 100ms));
        group.spawn(receive(connection, received));
    });
    always(received == answer, "an answer that comes early is whole");
    co_await connection.close();
    ++*answered;
}

task<> play(simulation& sim) {
    random_source& random = sim.random();
    auto& host = sim.host("server");
    const auto answer =
        std::make_shared<const std::string>(numbered_bytes(sim.seed(), random.below(text_max)));
    const auto answered = std::make_shared<std::size_t>(0);
    ringlet::server_options options;
    options.linger_timeout = 1h;
    if (random.chance(0.5)) {
        options.concurrency = ringlet::concurrency::threads;
        options.workers = random.between(1, 3);
    }
    const auto server = make_server<ringlet::tcp_server>(
        host, ringlet::address("", port),
        [answer](stream& client) { return answer_early(client, *answer); }, options);
    watch_counters(sim, server);
    const auto serving = serve_on(host, server);
    const std::uint64_t clients = random.between(1, 3);
    for (std::uint64_t i = 0; i < clients; ++i)
        sim.host("client").spawn([at = host.address(port), answer, answered,
                                  own = random_source(sim.seed() * 10 + i, "client")] {
            return visit(at, *answer, own, answered);
        });
    co_await chaos_then_calm(sim);
    always(*answered == clients, "each client is answered");
    server->shutdown(1min);
    co_await serving.join();
    check_at_rest(server->counters());
}

void early_replies(simulate_options options) {
    options.faults = harmless_faults();
    options.faults.window_min = 100;
    run_campaign("early replies", options, play);
}

TEST_CASE("campaign: replies before the end of a question", "[testing][campaign]") {
    early_replies(tries(200));
}

}  // namespace tests::campaigns::early_replies
