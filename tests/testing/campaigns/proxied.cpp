#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/task_group.hpp>
#include <ringlet/daemon/proxied.hpp>
#include <ringlet/daemon/proxy.hpp>
#include <ringlet/daemon/send_proxy_header.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <array>

// Echo behind a proxy: the handler knows each client by the address that its header names, and all
// that the client has sent behind the header, and nothing else. A broken header reaches no handler.

namespace tests::campaigns::proxied {

using namespace std::chrono_literals;
using ringlet::stream;
using ringlet::daemon::proxy_header;
using ringlet::daemon::proxy_tlv;
using ringlet::daemon::proxy_version;
using ringlet::testing::random_source;

constexpr int port = 9999;
constexpr std::size_t v2_head_size = 16;

struct outcome {
    std::size_t whole = 0;
    std::size_t refused = 0;
};

/// Answers with the client's address and all that the client has sent.
task<> tell(stream& client, const ringlet::address& from) {
    always(ringlet::daemon::proxied(client) != nullptr, "a handler's client has a header");
    std::string answer = from.to_string() + " ";
    std::array<char, 1000> buffer;
    while (const std::size_t size = co_await client.recv(buffer))
        answer.append(buffer.data(), size);
    co_await client.send_all(answer);
}

proxy_header drawn_header(random_source& random) {
    proxy_header header;
    header.version = random.chance(0.5) ? proxy_version::v1 : proxy_version::v2;
    if (random.chance(0.2))
        return header;
    header.source = ringlet::address(random.chance(0.5) ? "192.0.2.1" : "2001:db8::1",
                                     static_cast<int>(random.below(65'536)));
    header.destination = "198.51.100.2:443";
    header.local = random.chance(0.1);
    if (random.chance(0.5))
        header.set(proxy_tlv::authority, std::string(random.below(500), 'a'));
    header.set(proxy_tlv::crc32c, "");
    return header;
}

/// Bytes with which no connection may begin.
std::string broken_header(random_source& random) {
    if (random.chance(0.3))
        return "GET / HTTP/1.1\r\n\r\n";
    proxy_header header;
    header.source = "192.0.2.1:1";
    header.destination = "192.0.2.2:2";
    header.set(proxy_tlv::crc32c, "");
    std::string bytes = proxy_bytes(header);
    if (random.chance(0.5))
        bytes.resize(random.below(bytes.size()));
    else
        bytes[v2_head_size + random.below(12)] ^= '\x10';
    return bytes;
}

/// What the server has to answer, to a client that is at `own`.
std::string expected_answer(const proxy_header& header, const ringlet::address& own,
                            const std::string& text) {
    const bool named = header.has_addresses() && !header.local;
    return (named ? header.source : own).to_string() + " " + text;
}

task<> receive(stream& from, const std::string& expected, std::size_t& received) {
    std::array<char, 700> buffer;
    while (const std::size_t size = co_await from.recv(buffer)) {
        always(std::string_view(buffer.data(), size) ==
                   std::string_view(expected).substr(received, size),
               "the handler has what was sent behind the header, and whom the header names");
        received += size;
    }
}

task<> visit(ringlet::address server, std::uint64_t number, std::shared_ptr<outcome> all) {
    random_source random(number, "client");
    const bool broken = random.chance(0.25);
    const proxy_header header = drawn_header(random);
    const std::string text = broken ? "" : numbered_bytes(number, random.below(2'000));
    const std::string sent = (broken ? broken_header(random) : proxy_bytes(header)) + text;
    try {
        stream connected = co_await ringlet::connect(server);
        const std::string expected =
            broken ? "" : expected_answer(header, connected.local_address(), text);
        std::size_t received = 0;
        co_await ringlet::task_group::run([&](ringlet::task_group& group) {
            group.spawn(send_in_pieces(connected, sent, random, 40, 10ms));
            group.spawn(receive(connected, expected, received));
        });
        co_await connected.close();
        if (!broken && received == expected.size())
            ++all->whole;
    } catch (const std::system_error&) {
        reached("a client fails");
    }
    if (broken)
        ++all->refused;
}

task<> play(simulation& sim, bool harmless) {
    random_source& random = sim.random();
    auto& host = sim.host("server");
    const auto all = std::make_shared<outcome>();
    ringlet::server_options options;
    options.establish = {ringlet::daemon::proxy({.trusted = {"0.0.0.0/0", "::/0"}})};
    options.establish_timeout = harmless ? 1h : 5s;
    if (random.chance(0.3)) {
        options.concurrency = ringlet::concurrency::threads;
        options.workers = 2;
    }
    const auto server =
        make_server<ringlet::tcp_server>(host, ringlet::address("", port), tell, options);
    const auto serving = serve_on(host, server);
    watch_counters(sim, server);
    const std::uint64_t clients = random.between(1, 5);
    for (std::uint64_t i = 0; i < clients; ++i)
        sim.host("client").spawn([at = host.address(port), all, number = 10 * sim.seed() + i] {
            return visit(at, number, all);
        });
    co_await chaos_then_calm(sim);
    server->shutdown(1min);
    co_await serving.join();
    const ringlet::server_counters counters = server->counters();
    check_at_rest(counters);
    always(counters.accepted == counters.established + counters.establish_failed.total(),
           "each header has come, or has not");
    sometimes(all->whole > 0, "a client is known");
    sometimes(counters.establish_failed.other > 0, "a header is broken");
    sometimes(counters.establish_failed.reset > 0, "a header is cut off");
    if (harmless) {
        always(counters.finished == all->whole, "without loss each client is known");
        always(counters.establish_failed.total() == all->refused,
               "without loss only broken headers fail");
    }
}

void behind_a_proxy(simulate_options options, bool harmless) {
    if (harmless)
        options.faults = harmless_faults();
    run_campaign(harmless ? "behind a proxy without loss" : "behind a proxy", options,
                 [&](simulation& sim) { return play(sim, harmless); });
}

TEST_CASE("campaign: behind a proxy", "[testing][campaign]") {
    behind_a_proxy(tries(200, {"a client fails", "a client is known", "a header is broken",
                               "a header is cut off"}),
                   false);
}

TEST_CASE("campaign: behind a proxy without loss", "[testing][campaign]") {
    behind_a_proxy(tries(200, {"a client is known", "a header is broken", "a header is cut off"}),
                   true);
}

}  // namespace tests::campaigns::proxied
