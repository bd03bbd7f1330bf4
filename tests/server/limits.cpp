// How many requests a server takes, and how fast.

#include "blocking_client.hpp"
#include "blocking_datagram_client.hpp"
#include "captured_stderr.hpp"
#include "catch.hpp"
#include "concurrency_kinds.hpp"
#include "eventually.hpp"
#include "hook_trace.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/udp_server.hpp>

#include <optional>
#include <vector>

namespace tests::server_limits {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::concurrency;
using ringlet::server_options;
using ringlet::task;

namespace {

const address loopback("127.0.0.1", 0);

/// Says that it has begun, and ends when its client does.
ringlet::any_handler<ringlet::stream> visit(const hook_trace& trace) {
    return [&trace](ringlet::stream& client) -> task<> {
        trace.note("begun");
        std::array<char, 1> any;
        while (co_await client.recv(any) > 0)
            co_await client.send_all(any);
        trace.note("ended");
    };
}

/// A client that has ended its side; its connection's end is awaited.
void leave(blocking_client& client) {
    client.shutdown_sending();
    CHECK(client.receive_all().empty());
}

/// The options with a limit of three, by the name that it has there.
concurrency_kind limited_to_three(concurrency_kind kind) {
    if (kind.options.concurrency == concurrency::thread_per_request)
        kind.options.max_threads = 3;
    else if (kind.options.concurrency == concurrency::fork_per_request)
        kind.options.max_children = 3;
    else
        kind.options.max_connections = 3;
    if (kind.options.concurrency == concurrency::forks)
        kind.options.workers = 1;  // or each would have its share
    return kind;
}

}  // namespace

TEST_CASE("clients beyond the maximum wait, and are served when others have gone", "[server]") {
    for (const concurrency_kind& each : concurrency_kinds()) {
        const concurrency_kind kind = limited_to_three(each);
        INFO(kind.name);
        hook_trace trace;
        ringlet::tcp_server server(loopback, visit(trace), kind.options);
        serving_thread serving(server);
        std::vector<blocking_client> clients;
        for (int i = 0; i < 5; ++i) {
            clients.emplace_back(server.server_address());
            clients.back().send("x");
        }
        for (int i = 0; i < 3; ++i)
            CHECK(clients[static_cast<std::size_t>(i)].receive(1) == "x");
        CHECK(eventually([&] { return server.counters().accept_pauses == 1; }));
        CHECK(server.counters().accepted == 3);
        CHECK(server.counters().active == 3);
        CHECK(clients[3].nothing_to_receive());

        leave(clients[1]);
        CHECK(clients[3].receive(1) == "x");
        CHECK(clients[4].nothing_to_receive());
        leave(clients[0]);
        CHECK(clients[4].receive(1) == "x");
        for (const std::size_t i : {2U, 3U, 4U})
            leave(clients[i]);
        server.shutdown();
        serving.join();
        CHECK(server.counters().finished == 5);
        std::string lines = trace.read_rest();
        CHECK(lines.starts_with("begun\nbegun\nbegun\nended\nbegun\n"));
    }
}

TEST_CASE("a server that has its maximum of clients can be shut down", "[server]") {
    for (const concurrency_kind& each : concurrency_kinds()) {
        const concurrency_kind kind = limited_to_three(each);
        INFO(kind.name);
        hook_trace trace;
        ringlet::tcp_server server(loopback, visit(trace), kind.options);
        serving_thread serving(server);
        std::vector<blocking_client> clients;
        for (int i = 0; i < 4; ++i)
            clients.emplace_back(server.server_address());
        CHECK(eventually([&] { return server.counters().accept_pauses == 1; }));
        server.shutdown(0s);
        serving.join();
        const ringlet::server_counters counters = server.counters();
        CHECK(counters.accepted >= 3);
        CHECK(counters.accepted <= 4);  // who was accepted ahead has not been forgotten
        // A request that could not begin any more has been refused.
        CHECK(counters.failed.cancelled + counters.refused == counters.accepted);
        CHECK(counters.active == 0);
        CHECK(clients[3].nothing_to_receive() == (counters.accepted == 3));
    }
}

TEST_CASE("threads and children are connections too", "[server]") {
    for (const concurrency_kind& each : concurrency_kinds()) {
        concurrency_kind kind = limited_to_three(each);
        if (kind.options.concurrency == concurrency::forks)
            continue;
        INFO(kind.name);
        kind.options.max_connections = 1;
        hook_trace trace;
        ringlet::tcp_server server(loopback, visit(trace), kind.options);
        const serving_thread serving(server);
        blocking_client first(server.server_address());
        CHECK(first.exchange("x") == "x");
        blocking_client second(server.server_address());
        second.send("y");
        CHECK(eventually([&] { return server.counters().accept_pauses == 1; }));
        CHECK(second.nothing_to_receive());
        leave(first);
        CHECK(second.receive(1) == "y");
        leave(second);
    }
}

TEST_CASE("requests are taken as fast as accept_rate has it, after a burst", "[server]") {
    for (concurrency_kind kind : concurrency_kinds()) {
        INFO(kind.name);
        constexpr auto distance = 20ms;  // of requests beyond the burst
        kind.options.accept_rate = {.per_second = 1s / distance, .burst = 4};
        const auto check_pace = [&](ringlet::server& server, auto&& send, auto&& receive) {
            for (int i = 0; i < 7; ++i)
                send();
            const auto before = std::chrono::steady_clock::now();
            const serving_thread serving(server);
            for (int i = 0; i < 7; ++i)
                receive(i);
            // What the children of a pool have at once is the burst, in whole requests for each.
            CHECK(std::chrono::steady_clock::now() - before >= 2 * distance);
        };
        hook_trace trace;
        ringlet::tcp_server streams(loopback, visit(trace), kind.options);
        std::vector<blocking_client> clients;
        check_pace(
            streams, [&] { clients.emplace_back(streams.server_address()).shutdown_sending(); },
            [&](int i) { CHECK(clients[static_cast<std::size_t>(i)].receive_all().empty()); });
        ringlet::udp_server datagrams(
            loopback,
            [](ringlet::datagram_request& request) -> task<> {
                co_await request.reply(request.packet());
            },
            kind.options);
        blocking_datagram_client client(datagrams.server_address());
        check_pace(
            datagrams, [&] { client.send("x"); }, [&](int) { client.receive(); });
    }
}

TEST_CASE("a server that waits for its rate can be shut down", "[server]") {
    server_options options;
    options.accept_rate = {.per_second = 0.001, .burst = 1};
    hook_trace trace;
    ringlet::tcp_server server(loopback, visit(trace), options);
    serving_thread serving(server);
    blocking_client first(server.server_address());
    CHECK(first.exchange("x") == "x");
    blocking_client second(server.server_address());
    second.shutdown_sending();
    leave(first);
    CHECK(server.counters().accepted == 1);
    server.shutdown();
    serving.join();
    CHECK(server.counters().accepted <= 2);  // who was accepted ahead has not been forgotten
}

TEST_CASE("a peer's connections beyond its maximum are closed at once, and counted", "[server]") {
    for (concurrency_kind kind : concurrency_kinds()) {
        INFO(kind.name);
        if (kind.options.concurrency == concurrency::forks)
            kind.options.workers = 1;  // each counts its own
        kind.options.max_connections_per_peer = 2;
        kind.options.log = {.burst = 1, .interval = 1h};
        const captured_stderr errors;
        hook_trace trace;
        ringlet::tcp_server server(loopback, visit(trace), kind.options);
        serving_thread serving(server);
        std::optional<blocking_client> first(server.server_address());
        blocking_client second(server.server_address());
        CHECK(first->exchange("x") == "x");
        CHECK(second.exchange("y") == "y");
        std::string ports;
        for (int i = 0; i < 3; ++i) {
            blocking_client refused(server.server_address());
            CHECK(refused.receive_all().empty());
            if (i == 0)
                ports = refused.local_address().to_string();
        }
        CHECK(eventually([&] { return server.counters().refused == 3; }));
        CHECK(second.exchange("y") == "y");

        leave(*first);
        first.reset();
        // Its place is given back soon after the connection's end: by another thread, or when the
        // child has ended too.
        std::uint64_t more = 0;
        for (bool welcome = false; !welcome && more < 10'000; ++more) {
            blocking_client next(server.server_address());
            try {
                welcome = next.exchange("z") == "z";
                if (welcome)
                    leave(next);
            } catch (const std::system_error&) {
                // refused, before it could say anything
            }
        }
        leave(second);
        server.shutdown();
        serving.join();
        CHECK(server.counters().refused == 2 + more);
        CHECK(server.counters().accepted == 2 + 3 + more);
        const std::string text = errors.text();
        CHECK(text.starts_with("ringlet: a connection beyond max_connections_per_peer was closed "
                               "level=warning client=" +
                               ports + "\n"));
        CHECK(text.find("ringlet: a connection beyond max_connections_per_peer was closed "
                        "level=warning suppressed=" +
                        std::to_string(1 + more) + "\n") != std::string::npos);
    }
}

}  // namespace tests::server_limits
