#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/connect_datagram.hpp>
#include <ringlet/net/relay.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/udp_server.hpp>

#include <array>

// Each operation of a conversation fails in turn, of the server as of the client: everything ends,
// nothing stays open, and the server's counters add up.

namespace tests::campaigns::failing_operations {

using namespace std::chrono_literals;
using ringlet::stream;

constexpr int port = 9999;
constexpr int relay_port = 8888;

task<> echo(stream& client) {
    std::array<std::byte, 64> buffer;
    while (const std::size_t count = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(count));
}

task<> talk(ringlet::address server) {
    stream connection = co_await ringlet::connect(server);
    for (int i = 0; i < 3; ++i) {
        co_await connection.send_all("a question");
        std::array<std::byte, 64> buffer;
        if (co_await connection.recv(buffer) == 0)
            co_return;
    }
    co_await connection.end_sending();
    std::array<std::byte, 64> nothing;
    co_await connection.recv(nothing);
    co_await connection.close();
}

task<> ask(ringlet::address server) {
    ringlet::datagram_socket socket = co_await ringlet::connect_datagram(server);
    for (int i = 0; i < 3; ++i) {
        co_await socket.send("a question");
        std::array<std::byte, 64> buffer;
        co_await socket.recv(buffer);
    }
    co_await socket.close();
}

/// Runs `client` for a while at most, and drops its error.
template <class Client>
task<> attempt(Client client, ringlet::address server, std::shared_ptr<std::size_t> served) {
    std::error_code error;
    try {
        co_await ringlet::with_timeout(10s, client(server));
    } catch (const std::system_error& failure) {
        error = failure.code();
    }
    *served += error ? 0U : 1U;
    sometimes(!!error, "a client fails");
    sometimes(!error, "a client is served");
}

/// A server, and two clients of it one after the other: whatever has failed for the first one, the
/// second one is served.
template <class Client>
task<> converse(simulation& sim, std::shared_ptr<ringlet::server> server, Client client,
                ringlet::address at) {
    const auto serving = serve_on(sim.host("server"), server);
    const auto served = std::make_shared<std::size_t>(0);
    const auto talking = sim.host("client").spawn([client, at, served]() -> task<> {
        co_await attempt(client, at, served);
        co_await attempt(client, at, served);
    });
    co_await talking.join();
    always(*served > 0 || serving.ended(), "one failure does not keep both clients from a server");
    server->shutdown(1s);
    co_await serving.join();
    check_at_rest(server->counters());
}

task<> over_tcp(simulation& sim, ringlet::concurrency kind) {
    ringlet::server_options options;
    options.concurrency = kind;
    options.workers = 2;
    auto& host = sim.host("server");
    const auto server =
        make_server<ringlet::tcp_server>(host, ringlet::address("", port), echo, options);
    co_await converse(sim, server, talk, host.address(port));
}

task<> over_udp(simulation& sim) {
    auto& host = sim.host("server");
    const auto server =
        make_server<ringlet::udp_server>(host, ringlet::address("", port),
                                         [](ringlet::datagram_request& request) -> task<> {
                                             co_await request.reply(request.packet());
                                         },
                                         {});
    co_await converse(sim, server, ask, host.address(port));
}

task<> through_relay(simulation& sim) {
    auto& host = sim.host("relay");
    auto& behind = sim.host("server");
    const auto relay =
        make_server<ringlet::tcp_server>(host, ringlet::address("", relay_port),
                                         [at = behind.address(port)](stream& client) -> task<> {
                                             stream server = co_await ringlet::connect(at);
                                             co_await ringlet::relay(client, server);
                                             co_await server.close();
                                         },
                                         {});
    const auto relaying = serve_on(host, relay);
    const auto server =
        make_server<ringlet::tcp_server>(behind, ringlet::address("", port), echo, {});
    co_await converse(sim, server, talk, host.address(relay_port));
    relay->shutdown(1s);
    co_await relaying.join();
    check_at_rest(relay->counters());
}

TEST_CASE("campaign: each operation fails, over TCP", "[testing][campaign]") {
    for (const auto kind : {ringlet::concurrency::loop, ringlet::concurrency::threads})
        run_each_failing(tries(1, {"a client fails", "a client is served"}),
                         [kind](simulation& sim) { return over_tcp(sim, kind); });
}

TEST_CASE("campaign: each operation fails, over UDP", "[testing][campaign]") {
    run_each_failing(tries(1, {"a client fails", "a client is served"}), over_udp);
}

TEST_CASE("campaign: each operation fails, through a relay", "[testing][campaign]") {
    run_each_failing(tries(1, {"a client fails", "a client is served"}), through_relay);
}

}  // namespace tests::campaigns::failing_operations
