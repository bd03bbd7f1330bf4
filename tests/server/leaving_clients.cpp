// Clients that leave while their handlers do several things at a time, each in a task of its own:
// none costs more than its connection.

#include "blocking_client.hpp"
#include "catch.hpp"
#include "recording_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/when_any.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <string>

namespace tests::server_leaving_clients {

using namespace std::chrono_literals;
using ringlet::stream;
using ringlet::task;
using ringlet::task_group;

namespace {

constexpr int clients = 20;

task<> tick(stream& client) {
    for (;;) {
        co_await client.send_all("tick\n");
        co_await ringlet::sleep_for(100us);
    }
}

task<> read_to_the_end(stream& client) {
    std::array<char, 64> buffer;
    while (co_await client.recv(buffer) > 0) {
    }
}

/// Serves clients with `handler`, which answers each with ticks. They leave after one tick more
/// than the client before, by a reset or in order, in the middle of what the handler does.
void check_that_only_connections_end(ringlet::any_handler<stream> handler) {
    recording_server server(std::move(handler));
    serving_thread serving(server);
    for (int i = 0; i < clients; ++i) {
        blocking_client client(server.server_address());
        client.send("hello");
        CHECK(client.receive(5U * static_cast<unsigned>(1 + i)).starts_with("tick\n"));
        if (i % 4 != 0)
            client.reset();
    }
    blocking_client last(server.server_address());
    CHECK(last.receive(5) == "tick\n");
    last.close();
    server.shutdown(1h);
    serving.join();
    for (const auto& error : server.errors)
        CHECK((error.text.starts_with("recv: ") || error.text.starts_with("send: ")));
}

}  // namespace

TEST_CASE("a handler that spawns a ticker and reads loses its connection only", "[server]") {
    check_that_only_connections_end([](stream& client) -> task<> {
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(tick(client));
            co_await read_to_the_end(client);
            group.cancel();
        });
    });
}

TEST_CASE("a handler that spawns tasks from a function loses its connection only", "[server]") {
    check_that_only_connections_end([](stream& client) -> task<> {
        co_await task_group::run([&](task_group& group) {
            group.spawn(tick(client));
            group.spawn([&]() -> task<> {
                co_await read_to_the_end(client);
                group.cancel();
            });
        });
    });
}

TEST_CASE("a handler that waits for a place in a full group loses its connection only",
          "[server]") {
    check_that_only_connections_end([](stream& client) -> task<> {
        co_await task_group::run(2, [&](task_group& group) -> task<> {
            group.spawn(tick(client));
            group.spawn(read_to_the_end(client));
            co_await group.spawn_when_free([] { return ringlet::yield(); });
        });
    });
}

TEST_CASE("a handler that awaits one of two things loses its connection only", "[server]") {
    check_that_only_connections_end([](stream& client) -> task<> {
        std::array<char, 64> buffer;
        for (;;) {
            const auto first =
                co_await ringlet::when_any(client.recv(buffer), ringlet::sleep_for(100us));
            if (first.index == 0 && std::get<0>(first.value) == 0)
                co_return;
            co_await client.send_all("tick\n");
        }
    });
}

}  // namespace tests::server_leaving_clients
