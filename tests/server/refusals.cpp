// Clients that a server has no room for, and those that it does not want, are told so.

#include "blocking_client.hpp"
#include "captured_stderr.hpp"
#include "catch.hpp"
#include "concurrency_kinds.hpp"
#include "eventually.hpp"
#include "serving_thread.hpp"

#include <ringlet/coro/event.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <string>
#include <vector>

namespace tests::server_refusals {

using namespace std::chrono_literals;
using ringlet::server_options;
using ringlet::task;

namespace {

const ringlet::address loopback("127.0.0.1", 0);

task<> echo(ringlet::stream& client) {
    std::array<char, 16> buffer;
    while (const std::size_t count = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(count));
}

/// Says why it refuses a client.
class talkative : public ringlet::tcp_server {
public:
    using tcp_server::tcp_server;

protected:
    task<> refuse_request(ringlet::stream& client, const ringlet::address& /*address*/,
                          refusal why) override {
        co_await client.send_all(why == refusal::server_is_full ? "full\n" : "too many of you\n");
    }
};

/// Tells a client more than fits into the buffers of its connection.
class verbose : public ringlet::tcp_server {
public:
    using tcp_server::tcp_server;

    static constexpr std::size_t words = std::size_t{16} << 20U;

protected:
    task<> refuse_request(ringlet::stream& client, const ringlet::address& /*address*/,
                          refusal /*why*/) override {
        co_await client.send_all(std::string(words, 'x'));
    }
};

/// Lets a refused client wait for as long as the server allows.
class taciturn : public ringlet::tcp_server {
public:
    using tcp_server::tcp_server;

protected:
    task<> refuse_request(ringlet::stream& /*client*/, const ringlet::address& /*address*/,
                          refusal /*why*/) override {
        ringlet::event never;
        co_await never.wait();
    }
};

/// Asks a client for a word, and serves the one that knows it.
class doorkeeper : public ringlet::tcp_server {
public:
    using tcp_server::tcp_server;

protected:
    task<bool> verify_request(ringlet::stream& client,
                              const ringlet::address& /*address*/) override {
        std::string word;
        std::array<char, 6> buffer;
        while (word.size() < buffer.size()) {
            const std::span<char> left = std::span(buffer).first(buffer.size() - word.size());
            const std::size_t count = co_await client.recv(left);
            if (count == 0)
                co_return false;
            word.append(buffer.data(), count);
        }
        if (word == "sesame")
            co_return true;
        co_await client.send_all("wrong word\n");
        co_return false;
    }
};

/// Every way to serve, with room for four clients; whoever comes then is refused.
std::vector<concurrency_kind> full_at_four() {
    std::vector<concurrency_kind> all = concurrency_kinds();
    all.push_back(kinds::sharing_threads);
    for (concurrency_kind& kind : all) {
        kind.options.max_connections = 4;
        kind.options.at_maximum = server_options::limit_policy::refuse;
        kind.options.log = {.burst = 1, .interval = 1h};
        kind.options.linger_timeout = 0ms;
    }
    return all;
}

/// Whether a new client is served; it has left by then.
bool serves_another(const ringlet::server& server) {
    blocking_client next(server.server_address());
    try {
        const bool served = next.exchange("z") == "z";
        next.shutdown_sending();  // its child has a copy of this socket too
        return served;
    } catch (const std::system_error&) {
        return false;  // refused before it could say anything
    }
}

void leave(blocking_client& client) {
    client.shutdown_sending();
    CHECK(client.receive_all().empty());
}

}  // namespace

TEST_CASE("a shutdown waits for a client that is still being refused", "[server]") {
    for (concurrency_kind& kind : full_at_four()) {
        INFO(kind.name);
        kind.options.refusal_timeout = 1min;
        const captured_stderr errors;
        verbose server(loopback, echo, kind.options);
        serving_thread serving(server);
        std::vector<blocking_client> clients;
        for (int i = 0; i < 4; ++i) {
            clients.emplace_back(server.server_address());
            CHECK(clients.back().exchange("x") == "x");
        }
        blocking_client refused(server.server_address());
        CHECK(eventually([&] { return server.counters().refused == 1; }));
        server.shutdown(1min);
        for (blocking_client& client : clients)
            leave(client);
        CHECK(eventually([&] { return server.counters().active == 0; }));
        CHECK(refused.receive_all().size() == verbose::words);
        serving.join();
    }
}

TEST_CASE("a server that is full tells further clients so, and serves again when one has gone",
          "[server]") {
    for (const concurrency_kind& kind : full_at_four()) {
        INFO(kind.name);
        const captured_stderr errors;
        talkative server(loopback, echo, kind.options);
        serving_thread serving(server);
        std::vector<blocking_client> clients;
        for (int i = 0; i < 4; ++i) {
            clients.emplace_back(server.server_address());
            CHECK(clients.back().exchange("x") == "x");
        }
        for (int i = 0; i < 2; ++i) {
            blocking_client refused(server.server_address());
            CHECK(refused.receive_all() == "full\n");
        }
        CHECK(clients[0].exchange("y") == "y");
        CHECK(server.counters().refused == 2);
        leave(clients[0]);
        // The place is free soon after the connection's end.
        CHECK(eventually([&] { return serves_another(server); }));
        for (const std::size_t i : {1U, 2U, 3U})
            leave(clients[i]);
        server.shutdown();
        serving.join();
        const ringlet::server_counters counts = server.counters();
        CHECK(counts.accepted == counts.finished + counts.refused + counts.failed.total());
        CHECK(errors.text().starts_with(
            "ringlet: a client beyond the maximum was refused level=warning client=127.0.0.1:"));
    }
}

TEST_CASE("a peer with too many connections is told so", "[server]") {
    talkative server(loopback, echo, {.max_connections_per_peer = 1});
    const captured_stderr errors;
    const serving_thread serving(server);
    blocking_client first(server.server_address());
    CHECK(first.exchange("x") == "x");
    CHECK(blocking_client(server.server_address()).receive_all() == "too many of you\n");
    leave(first);
}

TEST_CASE("a refusal ends when its time is over, and when the server stops", "[server]") {
    server_options options;
    options.max_connections = 1;
    options.at_maximum = server_options::limit_policy::refuse;
    options.drain_timeout = 0ms;
    options.refusal_timeout = GENERATE(20ms, std::chrono::milliseconds(1h));
    options.linger_timeout = 0ms;
    const captured_stderr errors;
    taciturn server(loopback, echo, options);
    serving_thread serving(server);
    const blocking_client first(server.server_address());
    blocking_client refused(server.server_address());
    CHECK(eventually([&] { return server.counters().refused == 1; }));
    if (options.refusal_timeout > 1s) {
        CHECK(refused.nothing_to_receive());
        server.shutdown();
        serving.join();
    }
    CHECK(refused.receive_all().empty());
}

TEST_CASE("clients beyond refusals_max are closed without a word", "[server]") {
    server_options options;
    options.max_connections = 1;
    options.at_maximum = server_options::limit_policy::refuse;
    options.refusals_max = 1;
    options.refusal_timeout = 1h;
    const captured_stderr errors;
    taciturn server(loopback, echo, options);
    serving_thread serving(server);
    blocking_client first(server.server_address());
    CHECK(first.exchange("x") == "x");
    const blocking_client waiting(server.server_address());
    CHECK(eventually([&] { return server.counters().refused == 1; }));
    CHECK(blocking_client(server.server_address()).receive_all().empty());
    CHECK(waiting.nothing_to_receive());
    CHECK(server.counters().refused == 2);
    leave(first);
    server.shutdown(0s);
    serving.join();
}

TEST_CASE("a client is verified by a talk with it, and waits for nobody else's", "[server]") {
    for (concurrency_kind kind : concurrency_kinds()) {
        INFO(kind.name);
        kind.options.linger_timeout = 0ms;
        doorkeeper server(loopback, echo, kind.options);
        serving_thread serving(server);
        blocking_client undecided(server.server_address());
        undecided.send("ses");
        blocking_client stranger(server.server_address());
        stranger.send("pssst!");
        CHECK(stranger.receive_all() == "wrong word\n");
        blocking_client friendly(server.server_address());
        friendly.send("sesame");
        CHECK(friendly.exchange("hello") == "hello");
        undecided.send("ame");
        CHECK(undecided.exchange("well") == "well");
        leave(friendly);
        leave(undecided);
        server.shutdown();
        serving.join();
        CHECK(server.counters().refused == 1);
        CHECK(server.counters().finished == 2);
    }
}

TEST_CASE("a client that keeps verify_request waiting is refused in time", "[server]") {
    const captured_stderr errors;
    doorkeeper server(loopback, echo, {.verify_timeout = 20ms});
    serving_thread serving(server);
    blocking_client silent(server.server_address());
    CHECK(silent.receive_all().empty());
    server.shutdown();
    serving.join();
    CHECK(server.counters().refused == 1);
    CHECK(server.counters().failed.total() == 0);
}

}  // namespace tests::server_refusals
