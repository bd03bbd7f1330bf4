// The steps between the accepting of a connection and its handler.

#include "blocking_client.hpp"
#include "captured_stderr.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "every_server.hpp"
#include "final_counts.hpp"
#include "inverting_layer.hpp"
#include "serving_thread.hpp"

#include <ringlet/coro/event.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/udp_server.hpp>
#include <ringlet/server/unix_stream_server.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::server_establishing {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::server_counters;
using ringlet::server_options;
using ringlet::stream;
using ringlet::task;

namespace {

const address loopback("127.0.0.1", 0);

/// Tells a client its address, and echoes a line.
task<> answer(stream& client, const address& from) {
    std::array<char, 5> word;
    std::size_t count = 0;
    while (count < word.size()) {
        const std::size_t more = co_await client.recv(std::span(word).subspan(count));
        if (more == 0)
            co_return;
        count += more;
    }
    co_await client.send_all(from.to_string(), " ", word, "\n");
}

/// Reads one byte, which says what becomes of the connection.
task<> obey_first_byte(stream& connection, address& client) {
    std::array<char, 1> order;
    if (co_await connection.recv(order) == 0)
        throw std::system_error(std::make_error_code(std::errc::connection_reset), "greeting");
    if (order[0] == 'q')
        co_await connection.close();
    else if (order[0] == 'x')
        throw std::runtime_error("no such order");
    client = address("192.0.2.9", 99);
}

struct order_fact final : ringlet::peer_fact {};

/// Takes one byte off a datagram, which says what becomes of it.
task<> take_order(ringlet::datagram_request& request, address& client) {
    if (request.packet().front() == std::byte{'x'})
        throw std::runtime_error("no such order");
    request.remove_prefix(1);
    request.attach(std::make_unique<order_fact>());
    client = address("192.0.2.9", 99);
    co_return;
}

/// Tells a sender its address, and what it has sent.
constexpr auto answer_packet = [](auto& request, const address& from) -> task<> {
    CHECK(request.template fact<order_fact>() != nullptr);
    const std::string packet = co_await hear(request);
    co_await say(request, from.to_string() + " " + packet);
};

struct inverting_step {
    static constexpr const char* name = "inverting";

    task<> operator()(stream& connection, address& /*client*/) const {
        ringlet::loop& owner = connection.owner();
        connection = stream(owner, std::make_unique<inverting_layer>(std::move(connection)));
        co_return;
    }
};

server_options options_of(ringlet::concurrency kind) {
    server_options options;
    for (const concurrency_kind& each : concurrency_kinds())
        if (each.options.concurrency == kind)
            options = each.options;
    options.establish = {{"greeting", obey_first_byte}, inverting_step()};
    options.log = {.burst = 1, .interval = 1h};
    return options;
}

/// A server over streams, of either transport.
std::unique_ptr<ringlet::stream_server> make_server(const server_kind& kind, const address& place) {
    const server_options options = options_of(kind.in);
    if (kind.over == transport::tcp)
        return std::make_unique<ringlet::tcp_server>(place, answer, options);
    return std::make_unique<ringlet::unix_stream_server>(place, answer, options);
}

}  // namespace

TEST_CASE("a connection of every server takes the steps in their order, before its handler",
          "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind_of_stream()));
    INFO(kind);
    const free_place place(kind.over);
    const auto server = make_server(kind, place.address());
    serving_thread serving(*server);
    for (int i = 0; i < 2; ++i) {
        blocking_client client(server->server_address());
        client.send("." + inverted("hello"));
        CHECK(client.receive_all() == inverted("192.0.2.9:99 hello\n"));
    }
    const server_counters counts = final_counts(*server, 2);
    CHECK(counts.established == 2);
    CHECK(counts.finished == 2);
    CHECK(counts.establish_failed.total() == 0);
    server->shutdown();
    serving.join();
}

TEST_CASE("a connection that fails in a step reaches no handler, and is counted by its cause",
          "[server]") {
    const auto in = GENERATE(from_range(every_concurrency()));
    INFO(static_cast<int>(in));
    const captured_stderr log;
    server_options options = options_of(in);
    options.establish_timeout = 50ms;
    options.linger_timeout = 10ms;
    ringlet::tcp_server server(loopback, answer, options);
    serving_thread serving(server);
    {
        blocking_client odd(server.server_address());
        odd.send("x");
        CHECK(odd.receive_all().empty());
        blocking_client silent(server.server_address());
        CHECK(silent.receive_all().empty());
        blocking_client gone(server.server_address());
        gone.shutdown_sending();
        CHECK(gone.receive_all().empty());
        blocking_client quitting(server.server_address());
        quitting.send("q");
        CHECK(quitting.receive_all().empty());
    }
    const server_counters counts = final_counts(server, 4);
    CHECK(counts.establish_failed.other == 1);
    CHECK(counts.establish_failed.timed_out == 1);
    CHECK(counts.establish_failed.reset == 1);
    CHECK(counts.establish_failed.total() == 3);
    CHECK(counts.established == 1);  // and closed, by the step
    CHECK(counts.refused == 4);
    CHECK(counts.finished == 0);
    server.shutdown();
    serving.join();
    CHECK(log.text().find("a client was not let in") != std::string::npos);
    CHECK(log.text().find("step=greeting error=\"no such order\"") != std::string::npos);
    CHECK(log.text().find("a handler failed") == std::string::npos);
}

TEST_CASE("a client that dawdles in a step delays nobody, and only so many may", "[server]") {
    const captured_stderr log;
    server_options options = options_of(ringlet::concurrency::loop);
    options.establishing_max = 2;
    ringlet::tcp_server server(loopback, answer, options);
    serving_thread serving(server);
    blocking_client dawdling(server.server_address());
    CHECK(eventually([&] { return server.counters().establishing == 1; }));
    {
        blocking_client client(server.server_address());
        client.send("." + inverted("hello"));
        CHECK(client.receive_all() == inverted("192.0.2.9:99 hello\n"));
    }
    blocking_client another(server.server_address());
    CHECK(eventually([&] { return server.counters().establishing == 2; }));
    blocking_client too_many(server.server_address());
    CHECK(too_many.receive_all().empty());
    CHECK(server.counters().refused == 1);
    another.shutdown_sending();
    CHECK(another.receive_all().empty());
    dawdling.send("." + inverted("again"));
    CHECK(dawdling.receive_all() == inverted("192.0.2.9:99 again\n"));
    final_counts(server, 4);
    server.shutdown();
    serving.join();
    CHECK(log.text().find("establishing_max connections are being established") !=
          std::string::npos);
}

TEST_CASE("a shutdown cancels what is still being established", "[server]") {
    const auto in = GENERATE(from_range(every_concurrency()));
    INFO(static_cast<int>(in));
    const captured_stderr log;
    server_options options = options_of(in);
    options.drain_timeout = 10ms;
    ringlet::tcp_server server(loopback, answer, options);
    serving_thread serving(server);
    blocking_client dawdling(server.server_address());
    CHECK(eventually([&] { return server.counters().establishing == 1; }));
    server.shutdown();
    serving.join();
    CHECK(dawdling.receive_all().empty());
    const server_counters counts = server.counters();
    CHECK(counts.establish_failed.cancelled == 1);
    CHECK(counts.establishing == 0);
    CHECK(counts.refused == 1);
}

TEST_CASE("a handler that fails on the layer of its client fails by the client's making",
          "[server]") {
    const captured_stderr log;
    server_options options = options_of(ringlet::concurrency::loop);
    ringlet::tcp_server server(loopback, answer, options);
    serving_thread serving(server);
    {
        blocking_client client(server.server_address());
        client.send(".");
        CHECK(eventually([&] { return server.counters().active == 1; }));
        client.reset();
    }
    const server_counters counts = final_counts(server, 1);
    CHECK(counts.failed.reset == 1);
    server.shutdown();
    serving.join();
    CHECK(log.text().find("a handler failed") == std::string::npos);
}

TEST_CASE("a datagram of every server takes the steps before its handler, or is dropped",
          "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind_of_datagram()));
    INFO(kind);
    const captured_stderr log;
    server_options options = options_of(kind.in);
    options.establish = {{"order", take_order}};
    any_server server(kind, answer_packet, options);
    serving_thread serving(*server);
    CHECK(server.ask(".hello") == "192.0.2.9:99 hello");
    auto odd = server.client();
    odd.say("x");
    CHECK(server.ask(".") == "192.0.2.9:99 ");
    const server_counters counts = final_counts(*server, 3);
    CHECK(counts.established == 2);
    CHECK(counts.establish_failed.other == 1);
    CHECK(counts.refused == 1);
    CHECK(counts.finished == 2);
    CHECK(odd.socket().nothing_to_receive());
    serving.stop(10s);
    CHECK(log.text().find("step=order error=\"no such order\"") != std::string::npos);
    CHECK(log.text().find("a handler failed") == std::string::npos);
}

TEST_CASE("options of the steps before a handler are checked", "[server]") {
    server_options options;
    options.establishing_max = 0;
    CHECK_THROWS_AS(ringlet::tcp_server(loopback, answer, options), std::invalid_argument);
    options.establishing_max = 1;
    options.establish = {inverting_step()};
    CHECK_THROWS_AS(ringlet::udp_server(loopback, answer_packet, options), std::invalid_argument);
    options.establish = {take_order};
    CHECK_THROWS_AS(ringlet::tcp_server(loopback, answer, options), std::invalid_argument);
    options.establish = {inverting_step()};
    options.establish_timeout = -1ms;
    CHECK_THROWS_AS(ringlet::tcp_server(loopback, answer, options), std::invalid_argument);
}

}  // namespace tests::server_establishing
