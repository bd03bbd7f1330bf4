#include "blocking_client.hpp"
#include "blocking_datagram_client.hpp"
#include "catch.hpp"
#include "forked_child.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/base_request_handler.hpp>
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
class says_who : public ringlet::basic_request_handler<Request> {
    task<> handle() override {
        const std::string text = this->client_address().to_string() + " of " +
                                 this->server().server_address().to_string();
        if constexpr (std::is_same_v<Request, ringlet::stream>)
            co_await this->request().send_all(text);
        else
            co_await this->request().reply(text);
    }
};

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
