#include "campaign.hpp"
#include "catch.hpp"
#include "tls/certificates.hpp"

#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/tls/client_context.hpp>
#include <ringlet/tls/handshake.hpp>
#include <ringlet/tls/server_context.hpp>
#include <ringlet/tls/upgrade.hpp>

#include <array>

// Echo over TLS: what comes back is what was sent, a connection that ends in order was whole, and
// each connection is counted once, in the handshake as well as after it.
//
// OpenSSL draws random numbers of its own, so that signatures and with them messages differ in
// size: a seed decides what happens in the network, but two runs of it are not the same to the
// byte. So none is compared with its repetition.

namespace tests::campaigns::tls_echo {

using namespace std::chrono_literals;
using ringlet::stream;
using ringlet::testing::random_source;

constexpr int port = 9999;

struct outcome {
    std::size_t whole = 0;
};

task<> echo(stream& client) {
    std::array<std::byte, 4096> buffer;
    while (const std::size_t count = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(count));
}

task<> receive(stream& from, const std::string& expected, std::size_t& received) {
    std::array<char, 5000> buffer;
    while (const std::size_t count =
               co_await from.recv(std::as_writable_bytes(std::span(buffer)))) {
        always(std::string_view(buffer.data(), count) ==
                   std::string_view(expected).substr(received, count),
               "what comes back over TLS is what was sent");
        received += count;
    }
    // Unlike the end of TCP, that of TLS cannot be feigned by a reset.
    always(received == expected.size(), "an echo over TLS ends behind all that was sent");
}

task<> talk(stream plain, const ringlet::tls::client_context& context, std::uint64_t number,
            std::shared_ptr<outcome> all) {
    random_source random(number, "client");
    const std::string text = numbered_bytes(number, random.below(60'000));
    stream secured = co_await ringlet::tls::upgrade(std::move(plain), context, "localhost");
    reached("a handshake ends");
    std::size_t received = 0;
    co_await ringlet::task_group::run([&](ringlet::task_group& group) {
        group.spawn(send_in_pieces(secured, text, random, 30'000, 100ms));
        group.spawn(receive(secured, text, received));
    });
    co_await secured.close();
    ++all->whole;
}

task<> visit(ringlet::address server, ringlet::tls::client_context context, std::uint64_t number,
             std::shared_ptr<outcome> all) {
    try {
        stream plain = co_await ringlet::connect(server);
        co_await talk(std::move(plain), context, number, all);
    } catch (const std::system_error&) {
        reached("a client fails");
    }
}

ringlet::tls::server_context make_server_context() {
    ringlet::tls::server_context_options options;
    options.identities = {certificates::own().server().identity()};
    return ringlet::tls::server_context(options);
}

ringlet::tls::client_context make_client_context() {
    ringlet::tls::client_context_options options;
    options.authorities = ringlet::tls::pem::file(certificates::own().authority());
    return ringlet::tls::client_context(options);
}

task<> play(simulation& sim, const ringlet::tls::server_context& of_server,
            const ringlet::tls::client_context& of_clients, bool harmless) {
    random_source& random = sim.random();
    auto& host = sim.host("server");
    const auto all = std::make_shared<outcome>();
    ringlet::server_options options;
    options.establish = {ringlet::tls::handshake(of_server)};
    options.establish_timeout = harmless ? 1h : 5s;
    if (random.chance(0.3)) {
        options.concurrency = ringlet::concurrency::threads;
        options.workers = 2;
    }
    const auto server =
        make_server<ringlet::tcp_server>(host, ringlet::address("", port), echo, options);
    const auto serving = serve_on(host, server);
    watch_counters(sim, server);
    const std::uint64_t clients = random.between(1, 3);
    for (std::uint64_t i = 0; i < clients; ++i)
        sim.host("client").spawn(
            [at = host.address(port), of_clients, all, number = 10 * sim.seed() + i] {
                return visit(at, of_clients, number, all);
            });
    co_await chaos_then_calm(sim);
    server->shutdown(1min);
    co_await serving.join();
    const ringlet::server_counters counters = server->counters();
    check_at_rest(counters);
    always(counters.accepted == counters.established + counters.establish_failed.total(),
           "each handshake has ended");
    sometimes(all->whole > 0, "an echo is whole");
    if (harmless)
        always(all->whole == clients, "without loss each echo is whole");
    else
        sometimes(counters.establish_failed.total() > 0, "a handshake fails");
}

void echo_over_tls(simulate_options options, bool harmless) {
    const auto of_server = make_server_context();
    const auto of_clients = make_client_context();
    options.repeat_each = 0;
    if (harmless)
        options.faults = harmless_faults();
    options.faults.window_min = 100;
    run_campaign(harmless ? "echo over TLS without loss" : "echo over TLS", options,
                 [&](simulation& sim) { return play(sim, of_server, of_clients, harmless); });
}

TEST_CASE("campaign: echo over TLS", "[testing][campaign]") {
    echo_over_tls(
        tries(60, {"a handshake ends", "a client fails", "a handshake fails", "an echo is whole"}),
        false);
}

TEST_CASE("campaign: echo over TLS without loss", "[testing][campaign]") {
    echo_over_tls(tries(60, {"a handshake ends", "an echo is whole"}), true);
}

}  // namespace tests::campaigns::tls_echo
