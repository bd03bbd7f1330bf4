#include "blocking_datagram_client.hpp"
#include "captured_log.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/datagram_request_handler.hpp>
#include <ringlet/server/udp_server.hpp>

#include <stdexcept>

namespace tests::server_datagram_request_handler {

using ringlet::task;

namespace {

const ringlet::address loopback("127.0.0.1", 0);

template <class Handler>
std::string answer_to(std::string_view packet) {
    ringlet::udp_server server(loopback, ringlet::handler<Handler>);
    const serving_thread serving(server);
    return blocking_datagram_client(server.server_address()).exchange(packet);
}

/// The length of each line.
class measures : public ringlet::datagram_request_handler {
    task<> handle() override {
        while (const auto line = co_await rfile().read_line())
            co_await wfile().print(line->size(), "\n");
    }
};

/// Nothing by itself; the packet where that is not empty.
class echoes_what_there_is : public ringlet::datagram_request_handler {
    task<> handle() override {
        if (!packet().empty())
            co_await wfile().write(packet());
    }
};

class fails : public ringlet::datagram_request_handler {
    task<> handle() override {
        if (packet().empty()) {
            co_await wfile().write(std::string_view("half an answer"));
            throw std::runtime_error("no more");
        }
        co_await wfile().write(packet());
    }
};

class answers_itself : public ringlet::datagram_request_handler {
    task<> setup() override {
        co_await datagram_request_handler::setup();
        co_await request().reply(std::string_view("first"));
    }
    task<> handle() override { co_await wfile().write(std::string_view("second")); }
};

/// Has the last word in `finish`, and fails there for an empty packet.
class overrides_finish : public ringlet::datagram_request_handler {
    task<> handle() override { co_await wfile().write(packet()); }
    task<> finish() override {
        co_await wfile().write(std::string_view("!"));
        if (packet().empty())
            throw std::runtime_error("no finish");
    }
};

class says_too_much : public ringlet::datagram_request_handler {
    task<> handle() override { co_await wfile().write(std::string(70'000, 'x')); }
};

}  // namespace

TEST_CASE("a packet is read, and its answer written, as streams are", "[server]") {
    CHECK(answer_to<measures>("one\nthree\nthe last") == "3\n5\n8\n");
}

TEST_CASE("an answer is one datagram, however it was written", "[server]") {
    ringlet::udp_server server(loopback, ringlet::handler<measures>);
    const serving_thread serving(server);
    blocking_datagram_client client(server.server_address());
    CHECK(client.exchange("a\nb\nc") == "1\n1\n1\n");
    CHECK(client.nothing_to_receive());
    std::string lines;
    std::string lengths;
    for (int i = 0; i < 10'000; ++i) {
        lines += "x\n";
        lengths += "1\n";
    }
    CHECK(client.exchange(lines) == lengths);
}

TEST_CASE("where nothing was written nothing is sent", "[server]") {
    ringlet::udp_server server(loopback, ringlet::handler<echoes_what_there_is>);
    serving_thread serving(server);
    blocking_datagram_client client(server.server_address());
    client.send("");
    CHECK(client.exchange("x") == "x");
    CHECK(client.nothing_to_receive());
    server.shutdown();
    serving.join();
    CHECK(server.counters().finished == 2);
    CHECK(server.counters().packets_sent == 1);
}

TEST_CASE("a handler that throws sends nothing of what it has written", "[server]") {
    const captured_log log;
    ringlet::udp_server server(loopback, ringlet::handler<fails>);
    const serving_thread serving(server);
    blocking_datagram_client client(server.server_address());
    client.send("");
    CHECK(client.exchange("x") == "x");
    CHECK(log.text() == "ringlet: a handler failed level=error client=" +
                            client.local_address().to_string() + " error=\"no more\"\n");
}

TEST_CASE("an answer is sent whatever a handler overrides, unless that fails", "[server]") {
    const captured_log log;
    ringlet::udp_server server(loopback, ringlet::handler<overrides_finish>);
    const serving_thread serving(server);
    blocking_datagram_client client(server.server_address());
    client.send("");
    CHECK(client.exchange("x") == "x!");
    CHECK(eventually([&] { return server.counters().finished == 1; }));
    CHECK(server.counters().packets_sent == 1);
    CHECK(log.text().find("no finish") != std::string::npos);
}

TEST_CASE("a datagram handler may answer by itself too", "[server]") {
    ringlet::udp_server server(loopback, ringlet::handler<answers_itself>);
    const serving_thread serving(server);
    blocking_datagram_client client(server.server_address());
    CHECK(client.exchange("?") == "first");
    CHECK(client.receive() == "second");
}

TEST_CASE("an answer that is too long for a datagram is an error of its request", "[server]") {
    const captured_log log;
    ringlet::udp_server server(loopback, ringlet::handler<says_too_much>);
    serving_thread serving(server);
    blocking_datagram_client client(server.server_address());
    client.send("?");
    CHECK(eventually([&] { return server.counters().failed.other > 0; }));
    server.shutdown();
    serving.join();
    CHECK(log.text().find("Message too long") != std::string::npos);
}

}  // namespace tests::server_datagram_request_handler
