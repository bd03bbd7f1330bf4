// What a server counts, wherever its requests are handled.

#include "blocking_client.hpp"
#include "captured_stderr.hpp"
#include "catch.hpp"
#include "concurrency_kinds.hpp"
#include "datagram_transport.hpp"
#include "echo.hpp"
#include "eventually.hpp"
#include "forked_child.hpp"
#include "hook_trace.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/unix_stream_server.hpp>

#include <atomic>
#include <memory>
#include <thread>

namespace tests::server_counters {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::server_counters;
using ringlet::task;

namespace {

const address loopback("127.0.0.1", 0);

enum class transport { tcp, unix_socket };

std::unique_ptr<ringlet::server> make_server(transport kind,
                                             ringlet::any_handler<ringlet::stream> handler,
                                             const ringlet::server_options& options) {
    if (kind == transport::unix_socket)
        return std::make_unique<ringlet::unix_stream_server>(
            free_address(datagram_transport::unix_socket), std::move(handler), options);
    return std::make_unique<ringlet::tcp_server>(loopback, std::move(handler), options);
}

std::uint64_t accounted_for(const server_counters& counters) {
    return counters.refused + counters.active + counters.finished + counters.failed.total();
}

}  // namespace

TEST_CASE("a known conversation gives known numbers, while it lasts and afterwards", "[server]") {
    for (const transport over : {transport::tcp, transport::unix_socket})
        for (const concurrency_kind& kind : concurrency_kinds()) {
            INFO(kind.name);
            const auto server = make_server(over, echo, kind.options);
            serving_thread serving(*server);
            blocking_client first(server->server_address());
            blocking_client second(server->server_address());
            CHECK(first.exchange("hello") == "hello");
            CHECK(second.exchange("good day") == "good day");

            // A byte is counted once it is known to have been sent, which the client may see first.
            CHECK(eventually([&] { return server->counters().bytes_sent == 13; }));
            server_counters counters = server->counters();
            CHECK(counters.accepted == 2);
            CHECK(counters.active == 2);
            CHECK(counters.finished == 0);
            CHECK(counters.bytes_received == 13);

            for (blocking_client* each : {&first, &second}) {
                each->shutdown_sending();
                CHECK(each->receive_all().empty());
            }
            server->shutdown();
            serving.join();
            counters = server->counters();
            CHECK(counters.accepted == 2);
            CHECK(counters.active == 0);
            CHECK(counters.finished == 2);
            CHECK(counters.refused == 0);
            CHECK(counters.failed.total() == 0);
            CHECK(counters.bytes_received == 13);
            CHECK(counters.bytes_sent == 13);
            CHECK(counters.packets_received == 0);
            CHECK(counters.packets_sent == 0);
            CHECK(counters.accept_pauses == 0);
            CHECK(counters.children_lost == 0);
            using ringlet::concurrency;
            const auto where = kind.options.concurrency;
            CHECK(counters.children_started == (where == concurrency::forks              ? 2
                                                : where == concurrency::fork_per_request ? 2
                                                                                         : 0));
        }
}

TEST_CASE("failures are counted by their cause", "[server]") {
    for (concurrency_kind kind : concurrency_kinds()) {
        INFO(kind.name);
        kind.options.stream_timeouts.read = 500ms;
        kind.options.linger_timeout = 0ms;
        hook_trace trace;
        const auto server = make_server(
            transport::tcp,
            [&trace](ringlet::stream& client) -> task<> {
                std::array<char, 1> wanted{};
                co_await client.recv(wanted);
                trace.note("begun");
                switch (wanted[0]) {
                case 'o':
                    throw std::runtime_error("some other reason");
                case 't':
                    co_await client.recv(wanted);
                    break;
                default:
                    for (;;)  // for ever, and never waiting for the client to speak
                        co_await client.send_all(std::string_view("more"));
                }
            },
            kind.options);
        const captured_stderr errors;
        serving_thread serving(*server);
        blocking_client fails(server->server_address());
        fails.send("o");
        CHECK(fails.receive_all().empty());
        CHECK(eventually([&] { return server->counters().failed.other == 1; }));

        blocking_client says_no_more(server->server_address());
        says_no_more.send("t");
        CHECK(says_no_more.receive_all().empty());
        CHECK(eventually([&] { return server->counters().failed.timed_out == 1; }));

        {
            // By a process of its own, since children inherit the sockets of this one.
            forked_child resets([&] {
                blocking_client leaves(server->server_address());
                leaves.send("r");
                leaves.receive(10);
                leaves.reset();
                return 0;
            });
            CHECK(resets.wait().exited_with(0));
        }
        CHECK(eventually([&] { return server->counters().failed.reset == 1; }));

        blocking_client stays(server->server_address());
        stays.send("c");
        stays.receive(4);
        server->shutdown(0s);
        serving.join();
        const server_counters counters = server->counters();
        CHECK(counters.failed.other == 1);
        CHECK(counters.failed.timed_out == 1);
        CHECK(counters.failed.reset == 1);
        CHECK(counters.failed.cancelled == 1);
        CHECK(counters.failed.child_lost == 0);
        CHECK(counters.accepted == 4);
        CHECK(accounted_for(counters) == 4);
    }
}

TEST_CASE("a request that takes too long has timed out", "[server]") {
    for (concurrency_kind kind : concurrency_kinds()) {
        INFO(kind.name);
        kind.options.request_timeout = 20ms;
        const captured_stderr errors;
        const auto server = make_server(transport::tcp, echo, kind.options);
        serving_thread serving(*server);
        blocking_client client(server->server_address());
        CHECK(client.receive_all().empty());
        client.shutdown_sending();
        server->shutdown();
        serving.join();
        CHECK(server->counters().failed.timed_out == 1);
        CHECK(server->counters().failed.total() == 1);
    }
}

TEST_CASE("counters are read by another thread while others count", "[server]") {
    for (const concurrency_kind& kind : concurrency_kinds()) {
        INFO(kind.name);
        const auto server = make_server(transport::tcp, echo, kind.options);
        serving_thread serving(*server);
        std::atomic<bool> done = false;
        bool in_order = true;
        // Of one moment in each thread or process, but not in all: where a client is served by one
        // and the next by another, both may be seen.
        constexpr std::uint64_t clients = 30;
        std::thread reader([&] {
            server_counters before;
            while (!done) {
                const server_counters now = server->counters();
                in_order = in_order && now.accepted >= before.accepted &&
                           now.finished >= before.finished && now.bytes_sent >= before.bytes_sent &&
                           now.active <= clients;
                before = now;
                std::this_thread::yield();
            }
        });
        for (std::uint64_t i = 0; i < clients; ++i) {
            blocking_client client(server->server_address());
            CHECK(client.exchange("x") == "x");
            client.shutdown_sending();
            client.receive_all();
        }
        done = true;
        reader.join();
        CHECK(in_order);
        server->shutdown();
        serving.join();
        CHECK(server->counters().finished == clients);
        CHECK(accounted_for(server->counters()) == server->counters().accepted);
    }
}

TEST_CASE("counters go on when a server serves again", "[server]") {
    for (const concurrency_kind& kind : concurrency_kinds()) {
        INFO(kind.name);
        const auto server = make_server(transport::tcp, echo, kind.options);
        for (std::uint64_t i = 1; i <= 3; ++i) {
            serving_thread serving(*server);
            blocking_client client(server->server_address());
            CHECK(client.exchange("x") == "x");
            client.shutdown_sending();
            client.receive_all();
            server->shutdown();
            serving.join();
            CHECK(server->counters().finished == i);
            CHECK(server->counters().bytes_sent == i);
        }
    }
}

}  // namespace tests::server_counters
