#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <algorithm>
#include <map>

// A server at its limits: no more connections are handled at a time than it may have, in all and of
// one peer; where clients wait, each is served in the end; where they are refused, each is told so,
// and counted. Descriptors may be few, and the server may end while clients wait or are refused.

namespace tests::campaigns::stream_limits {

using namespace std::chrono_literals;
using ringlet::server_options;
using ringlet::stream;
using ringlet::testing::random_source;

constexpr int port = 9999;
constexpr std::size_t clients_max = 12;

/// What a run has seen, on all hosts.
struct outcome {
    std::size_t handled_now = 0;
    std::size_t handled_most = 0;
    std::map<std::string, std::size_t> of_peer;  // handled now
    std::size_t of_peer_most = 0;
    std::size_t served = 0;
    std::size_t told = 0;    // that they are refused
    std::size_t closed = 0;  // without a word
    std::size_t failed = 0;
};

/// Counts a connection while it is handled.
class handled {
public:
    handled(outcome& all, std::string peer) : all_(all), peer_(std::move(peer)) {
        all_.handled_most = std::max(all_.handled_most, ++all_.handled_now);
        all_.of_peer_most = std::max(all_.of_peer_most, ++all_.of_peer[peer_]);
    }
    handled(const handled&) = delete;
    handled& operator=(const handled&) = delete;
    ~handled() {
        --all_.handled_now;
        --all_.of_peer[peer_];
    }

private:
    outcome& all_;
    std::string peer_;
};

class greeting_server : public ringlet::tcp_server {
public:
    greeting_server(const ringlet::address& local, std::shared_ptr<outcome> all,
                    const server_options& options)
        : tcp_server(
              local,
              [this](stream& client, const ringlet::address& peer) { return greet(client, peer); },
              options),
          all_(std::move(all)) {}

private:
    task<> greet(stream& client, const ringlet::address& peer) {
        const handled counted(*all_, peer.host());
        co_await client.send_all("hello\n");
        ringlet::reader in(client);
        while (const auto line = co_await in.read_line())
            co_await client.send_all(*line, "\n");
    }

    task<> refuse_request(stream& request, const ringlet::address& /*client*/,
                          refusal /*why*/) override {
        co_await request.send_all("busy\n");
    }

    std::shared_ptr<outcome> all_;
};

task<> visit(ringlet::address server, random_source random, std::shared_ptr<outcome> all) {
    co_await ringlet::sleep_for(random.between(0us, 200ms));
    try {
        stream connection = co_await ringlet::connect(server);
        ringlet::reader in(connection);
        const auto first = co_await in.read_line();
        if (!first) {
            ++all->closed;
        } else if (std::string_view("busy").starts_with(*first)) {
            sometimes(*first != "busy", "a refusal is cut short");  // at refusal_timeout
            ++all->told;
        } else {
            always(*first == "hello", "a client is greeted");
            for (std::uint64_t lines = random.below(4); lines > 0; --lines) {
                const std::string sent = std::to_string(random());
                co_await connection.send_all(sent, "\n");
                const auto answer = co_await in.read_line();
                if (!answer)
                    throw std::system_error(std::make_error_code(std::errc::broken_pipe));
                always(*answer == sent, "a line comes back");
                co_await ringlet::sleep_for(random.between(0us, 300ms));
            }
            ++all->served;
        }
        co_await connection.close();
    } catch (const std::system_error&) {
        ++all->failed;
    }
}

struct limits {
    bool harmless;
    bool ends_early;
    bool refuses;
    std::size_t allowed;  // requests that may be handled at a time
    std::size_t per_peer;
};

server_options draw_options(random_source& random, limits& drawn) {
    server_options options;
    options.max_connections = random.between(1, 6);
    drawn.allowed = options.max_connections;
    if (random.chance(0.5)) {
        options.concurrency = ringlet::concurrency::threads;
        options.workers = random.between(1, 3);
        if (random.chance(0.5)) {
            options.to_workers = server_options::hand_over::reuse_port;
            // Workers that accept in the same moment may exceed it by one each; a share is rounded
            // up.
            drawn.allowed += options.workers;
        }
    }
    if (random.chance(0.5)) {
        options.at_maximum = server_options::limit_policy::refuse;
        options.refusals_max = random.between(0, 4);
    }
    if (random.chance(0.4))
        options.max_connections_per_peer = random.between(1, 4);
    if (random.chance(0.3))
        options.accept_rate = {.per_second = 20, .burst = random.between(1, 3)};
    if (random.chance(0.3))
        options.listening.accepted_ahead_max = random.below(3);
    drawn.refuses = options.at_maximum == server_options::limit_policy::refuse ||
                    options.max_connections_per_peer > 0;
    drawn.per_peer = options.max_connections_per_peer;
    return options;
}

void check(const limits& drawn, const outcome& all, const ringlet::server_counters& counters,
           std::size_t clients) {
    check_at_rest(counters);
    always(all.handled_now == 0, "no handler is left");
    always(all.handled_most <= drawn.allowed, "no more connections are handled than may be");
    always(drawn.per_peer == 0 || all.of_peer_most <= drawn.per_peer,
           "no peer has more connections than it may have");
    sometimes(counters.accept_pauses > 0, "accepting pauses");
    sometimes(counters.refused > 0, "a client is refused");
    sometimes(all.told > 0, "a client is told that it is refused");
    sometimes(all.closed > 0, "a client is refused without a word");
    sometimes(all.handled_most > 1, "several connections are handled at a time");
    if (!drawn.harmless || drawn.ends_early)
        return;
    always(all.failed == 0, "without harm no client fails");
    always(all.served + all.told + all.closed == clients, "each client hears something");
    always(drawn.refuses || all.served == clients, "clients that wait are all served");
    always(counters.refused == all.told + all.closed, "each refusal is counted");
    always(counters.finished == all.served, "each client that is served has been handled");
}

task<> play(simulation& sim, bool harmless) {
    limits drawn{.harmless = harmless,
                 .ends_early = sim.random().chance(0.3),
                 .refuses = false,
                 .allowed = 0,
                 .per_peer = 0};
    auto& host = sim.host("server");
    const auto all = std::make_shared<outcome>();
    const server_options options = draw_options(sim.random(), drawn);
    const auto server =
        make_server<greeting_server>(host, ringlet::address("", port), all, options);
    watch_counters(sim, server);
    auto serving = serve_on(host, server);
    if (sim.random().chance(0.3))
        host.set_descriptor_limit(static_cast<int>(sim.random().between(5, 8)));
    const std::uint64_t clients = sim.random().between(1, clients_max);
    for (std::uint64_t i = 0; i < clients; ++i)
        sim.host(i % 3 == 0 ? "one" : "other")
            .spawn([at = host.address(port), all,
                    random = random_source(sim.seed() * clients_max + i, "client")] {
                return visit(at, random, all);
            });
    if (drawn.ends_early)
        co_await ringlet::sleep_for(sim.random().between(0us, 1s));
    else
        co_await chaos_then_calm(sim);
    server->shutdown(1min);
    co_await serving.join();
    always(host.open_sockets() <= 1, "no connection outlives a server that ends");
    check(drawn, *all, server->counters(), clients);
}

void limits_of_streams(simulate_options options) {
    run_campaign("limits of streams", options, [](simulation& sim) { return play(sim, false); });
}

void limits_without_harm(simulate_options options) {
    options.faults = harmless_faults();
    run_campaign("limits of streams without harm", options,
                 [](simulation& sim) { return play(sim, true); });
}

const std::vector<std::string> expected{
    "accepting pauses", "a client is refused", "a client is told that it is refused",
    "a client is refused without a word", "several connections are handled at a time"};

TEST_CASE("campaign: limits of streams", "[testing][campaign]") {
    limits_of_streams(tries(300, expected));
}

TEST_CASE("campaign: limits of streams without harm", "[testing][campaign]") {
    limits_without_harm(tries(300, expected));
}

}  // namespace tests::campaigns::stream_limits
