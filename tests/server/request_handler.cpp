#include "blocking_client.hpp"
#include "blocking_datagram_client.hpp"
#include "catch.hpp"
#include "forked_child.hpp"
#include "recording_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/request_handler.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/udp_server.hpp>

#include <stdexcept>

namespace tests::server_request_handler {

using ringlet::address;
using ringlet::task;

namespace {

const address loopback("127.0.0.1", 0);

/// Answers with what every handler knows, whatever it handles.
template <class Request>
class says_who : public ringlet::detail::basic_request_handler<Request> {
    task<> handle() override {
        const std::string text = this->client_address().to_string() + " of " +
                                 this->server().server_address().to_string();
        if constexpr (std::is_same_v<Request, ringlet::stream>)
            co_await this->request().send_all(text);
        else
            co_await this->request().reply(text);
    }
};

/// A server with something of its own for its handlers.
class counting_server : public ringlet::tcp_server {
public:
    using tcp_server::tcp_server;

    int next() noexcept { return ++count_; }

private:
    int count_ = 0;
};

class asks_its_server : public ringlet::base_request_handler {
    task<> handle() override {
        co_await request().send_all(std::to_string(server<counting_server>().next()));
    }
};

task<> ask(ringlet::stream& client, counting_server& server) {
    co_await client.send_all(std::to_string(server.next()));
}

class needs_only_handle : public ringlet::base_request_handler {
    task<> handle() override { co_return; }
};

class asks_too_early : public needs_only_handle {
public:
    asks_too_early() { static_cast<void>(server()); }
};

}  // namespace

TEST_CASE("a handler of any request knows its client and its server", "[server]") {
    ringlet::tcp_server streams(loopback, ringlet::handler<says_who<ringlet::stream>>);
    const serving_thread serving_streams(streams);
    blocking_client client(streams.server_address());
    client.shutdown_sending();
    CHECK(client.receive_all() ==
          client.local_address().to_string() + " of " + streams.server_address().to_string());

    ringlet::udp_server datagrams(loopback, ringlet::handler<says_who<ringlet::datagram_request>>);
    const serving_thread serving_datagrams(datagrams);
    blocking_datagram_client sender(datagrams.server_address());
    CHECK(sender.exchange("?") ==
          sender.local_address().to_string() + " of " + datagrams.server_address().to_string());
}

TEST_CASE("a handler has the server that it was written for, as a class of its own", "[server]") {
    const auto served = [](ringlet::any_handler<ringlet::stream> handler) {
        counting_server server(loopback, std::move(handler));
        const serving_thread serving(server);
        CHECK(blocking_client(server.server_address()).receive_all() == "1");
        CHECK(blocking_client(server.server_address()).receive_all() == "2");
    };
    served(ringlet::handler<asks_its_server>);
    served(ask);
    served([](ringlet::stream& client, counting_server& server) { return ask(client, server); });
}

TEST_CASE("a handler that was written for another server is an error that says so", "[server]") {
    const auto refused = [](ringlet::any_handler<ringlet::stream> handler) {
        recording_server server(std::move(handler));
        serving_thread serving(server);
        CHECK(blocking_client(server.server_address()).receive_all().empty());
        server.shutdown();
        serving.join();
        REQUIRE(server.errors.size() == 1);
        CHECK(server.errors[0].text.find("give it to a server of that class") != std::string::npos);
    };
    refused(ringlet::handler<asks_its_server>);
    refused(ask);
}

TEST_CASE("setup and finish need not be overridden", "[server]") {
    ringlet::tcp_server server(loopback, ringlet::handler<needs_only_handle>);
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.shutdown_sending();
    CHECK(client.receive_all().empty());
    server.shutdown();
    serving.join();
    CHECK(server.counters().finished == 1);
}

TEST_CASE("a handler whose constructor asks for its server ends the program with a sentence",
          "[server]") {
    const child_end end = run_in_child([] {
        asks_too_early early;
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("do that in setup() or handle()"));
}

}  // namespace tests::server_request_handler
