#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <algorithm>

// Connecting by RFC 8305 to hosts of which some serve, some hang, some refuse, and some are off:
// the client gets a connection if one can be had, within its time, and leaves no other behind.

namespace tests::campaigns::connecting {

using namespace std::chrono_literals;
using ringlet::stream;
using ringlet::testing::random_source;

constexpr int port = 9999;
constexpr std::size_t hosts_max = 5;

task<> say_own_name(stream& client, const std::string& name) {
    co_await client.send_all(name);
}

/// What a host does to its clients.
enum class manner { serves, refuses, hangs, is_off };

struct plan {
    std::vector<ringlet::address> peers;
    std::size_t serving = 0;  // of the peers
    std::size_t silent = 0;   // hosts that give no answer
    ringlet::connect_options options;
    std::chrono::nanoseconds cancelled_after{0};  // 0 for never
    std::chrono::nanoseconds way_max{0};          // to a peer and back
};

struct outcome {
    bool connected = false;
    bool cancelled = false;
    std::error_code error;
    std::chrono::nanoseconds took{0};
};

task<> attempt(std::shared_ptr<const plan> given, std::shared_ptr<outcome> result) {
    auto& loop = ringlet::loop::require_current("attempt");
    const auto began = loop.now();
    try {
        std::optional<ringlet::cancel_scope> scope;
        if (given->cancelled_after > 0ns)
            scope.emplace(given->cancelled_after);
        std::vector<ringlet::address> peers = given->peers;
        stream connection = co_await ringlet::connect(std::move(peers), given->options);
        result->connected = true;
        result->took = loop.now() - began;
        std::array<std::byte, 100> name;
        std::error_code error;
        const std::size_t count = co_await connection.recv(name, error);
        sometimes(count > 0, "the connection works");
        co_await connection.close();
    } catch (const std::system_error& error) {
        result->error = error.code();
        if (!result->connected)
            result->took = loop.now() - began;
        result->cancelled = given->cancelled_after > 0ns && result->took >= given->cancelled_after;
    }
}

plan draw_plan(simulation& sim, bool harmless, std::vector<std::shared_ptr<ringlet::server>>& all,
               std::vector<ringlet::testing::spawned_task>& serving) {
    plan drawn;
    random_source& random = sim.random();
    auto& client = sim.host("client");
    ringlet::server_options of_both_kinds;
    of_both_kinds.listening.binding.v6_only = false;
    const std::uint64_t hosts = random.between(1, hosts_max);
    for (std::uint64_t i = 0; i < hosts; ++i) {
        const std::string name = "host" + std::to_string(i);
        auto& host = sim.host(name);
        const bool both = random.chance(0.5);
        switch (static_cast<manner>(random.below(4))) {
        case manner::serves:
            all.push_back(make_server<ringlet::tcp_server>(
                host, ringlet::address("::", port),
                [name](stream& connected) { return say_own_name(connected, name); },
                of_both_kinds));
            serving.push_back(serve_on(host, all.back()));
            drawn.serving += both ? 2 : 1;
            break;
        case manner::hangs:
            sim.network().hold("client", name);
            ++drawn.silent;
            break;
        case manner::is_off:
            client.spawn([&host] { return host.stop(); });
            ++drawn.silent;
            break;
        case manner::refuses:
            break;
        }
        if (harmless)
            sim.network().set_latency("client", name, random.between(10us, 80ms));
        drawn.peers.push_back(random.chance(0.5) ? host.address(port) : host.ipv6_address(port));
        if (both)
            drawn.peers.push_back(drawn.peers.back().family() == AF_INET ? host.ipv6_address(port)
                                                                         : host.address(port));
    }
    std::shuffle(drawn.peers.begin(), drawn.peers.end(), random);
    drawn.options.timeout = std::chrono::milliseconds(random.between(100, 30'000));
    drawn.options.attempt_delay = std::chrono::milliseconds(random.between(50, 2500));
    if (random.chance(0.3))
        drawn.cancelled_after = random.between(1ns, 3s);
    drawn.way_max = 2 * 80ms + 20ms;
    return drawn;
}

void check(const plan& given, const outcome& result, bool harmless) {
    const auto limit =
        given.cancelled_after > 0ns
            ? std::min<std::chrono::nanoseconds>(given.cancelled_after, given.options.timeout)
            : std::chrono::nanoseconds(given.options.timeout);
    always(result.took <= limit + 10ms, "to connect takes no longer than it may");
    always(result.connected || result.error, "a client connects, or gets an error");
    sometimes(result.connected, "a client connects");
    sometimes(result.cancelled, "a client is cancelled");
    sometimes(result.error == std::errc::timed_out && !result.cancelled, "a client is too late");
    sometimes(result.error == std::errc::connection_refused, "all refuse");
    if (!harmless)
        return;
    const auto delay = std::clamp<std::chrono::nanoseconds>(given.options.attempt_delay, 100ms, 2s);
    const auto latest = delay * static_cast<long>(given.peers.size()) + 3 * given.way_max;
    if (given.serving > 0 && latest < limit)
        always(result.connected, "a client connects where one of the hosts serves");
    always(given.serving > 0 || !result.connected, "a client does not connect to nobody");
    if (given.silent == 0)
        always(result.took <= given.way_max * static_cast<long>(given.peers.size()),
               "each answer is followed by the next attempt, or the end, at once");
}

task<> play(simulation& sim, bool harmless) {
    std::vector<std::shared_ptr<ringlet::server>> servers;
    std::vector<ringlet::testing::spawned_task> serving;
    auto& client = sim.host("client");
    const auto given = std::make_shared<const plan>(draw_plan(sim, harmless, servers, serving));
    const auto result = std::make_shared<outcome>();
    co_await ringlet::sleep_for(1ms);
    const auto trying = client.spawn([given, result] { return attempt(given, result); });
    co_await trying.join();
    always(client.open_sockets() == 0, "no attempt leaves a socket behind");
    check(*given, *result, harmless);
    co_await sim.calm();
    for (const auto& each : servers)
        each->shutdown(1min);
    for (const auto& each : serving)
        co_await each.join();
    for (const auto& each : servers)
        check_at_rest(each->counters());
}

void connecting_to_any(simulate_options options) {
    run_campaign("connecting", options, [](simulation& sim) { return play(sim, false); });
}

void connecting_without_harm(simulate_options options) {
    options.faults = harmless_faults();
    options.faults.cut = 0;
    run_campaign("connecting without harm", options,
                 [](simulation& sim) { return play(sim, true); });
}

const std::vector<std::string> expected{"a client connects", "a client is cancelled",
                                        "a client is too late", "all refuse",
                                        "the connection works"};

TEST_CASE("campaign: connecting to any of several hosts", "[testing][campaign]") {
    connecting_to_any(tries(500, expected));
}

TEST_CASE("campaign: connecting without harm", "[testing][campaign]") {
    connecting_without_harm(tries(500, expected));
}

}  // namespace tests::campaigns::connecting
