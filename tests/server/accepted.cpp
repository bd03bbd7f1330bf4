#include "blocking_datagram_client.hpp"
#include "catch.hpp"
#include "echo.hpp"
#include "eventually.hpp"
#include "every_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/accepted.hpp>

#include <optional>

namespace tests::server_accepted {

using namespace std::chrono_literals;

namespace {

const ringlet::address loopback("127.0.0.1", 0);

/// What an override of process_request does with each request.
enum class decision { hand_over, ignore, release };

template <class Server, class Request>
struct deciding : Server {
    deciding(decision about_all, const ringlet::server_options& options)
        : Server(loopback, echo_at_once, options), decided(about_all) {}

    decision decided;
    ringlet::address client;
    std::optional<Request> kept;

protected:
    void process_request(ringlet::accepted<Request> request) override {
        client = request.client_address();
        if (decided == decision::hand_over)
            request.hand_over();
        else if (decided == decision::release)
            kept.emplace(request.release());
    }
};
using deciding_tcp_server = deciding<ringlet::tcp_server, ringlet::stream>;
using deciding_udp_server = deciding<ringlet::udp_server, ringlet::datagram>;

/// Those in which the hook runs in this process.
concurrency_kind any_kind_in_this_process() {
    return GENERATE(kinds::loop, kinds::threads, kinds::thread_per_request,
                    kinds::fork_per_request);
}

}  // namespace

TEST_CASE("a connection that process_request hands over is handled", "[server]") {
    const concurrency_kind kind = any_kind_in_this_process();
    CAPTURE(kind.name);
    deciding_tcp_server server(decision::hand_over, kind.options);
    serving_thread serving(server);
    blocking_client client(server.server_address());
    CHECK(client.exchange("x") == "x");
    const ringlet::address local = client.local_address();
    client.shutdown_sending();
    CHECK(client.receive_all().empty());
    server.shutdown();
    serving.join();
    CHECK(server.client == local);
    CHECK(server.counters().refused == 0);
    CHECK(server.counters().finished == 1);
}

TEST_CASE("a connection that process_request does not hand over is closed and counted as refused",
          "[server]") {
    const concurrency_kind kind = any_kind_in_this_process();
    CAPTURE(kind.name);
    deciding_tcp_server server(decision::ignore, kind.options);
    serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).receive_all().empty());
    server.shutdown();
    serving.join();
    CHECK(server.counters().accepted == 1);
    CHECK(server.counters().refused == 1);
    CHECK(server.counters().finished == 0);
}

TEST_CASE("a connection that process_request releases is the program's own", "[server]") {
    const concurrency_kind kind = any_kind_in_this_process();
    CAPTURE(kind.name);
    deciding_tcp_server server(decision::release, kind.options);
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.send("x");
    CHECK(eventually([&] { return server.counters().accepted == 1; }));
    server.shutdown();
    serving.join();
    CHECK(client.nothing_to_receive());
    REQUIRE(server.kept);
    CHECK(server.kept->peer_address() == client.local_address());
    CHECK(server.counters().refused == 0);
    CHECK(server.counters().finished == 0);
    server.kept.reset();
}

TEST_CASE("a datagram that process_request does not hand over is counted as refused", "[server]") {
    const concurrency_kind kind = any_kind_in_this_process();
    CAPTURE(kind.name);
    deciding_udp_server server(decision::ignore, kind.options);
    serving_thread serving(server);
    blocking_datagram_client client(server.server_address());
    client.send("x");
    CHECK(eventually([&] { return server.counters().refused == 1; }));
    server.shutdown();
    serving.join();
    CHECK(server.counters().accepted == 1);
    CHECK(server.counters().finished == 0);
}

TEST_CASE("a datagram that process_request hands over is answered", "[server]") {
    const concurrency_kind kind = any_kind_in_this_process();
    CAPTURE(kind.name);
    deciding_udp_server server(decision::hand_over, kind.options);
    const serving_thread serving(server);
    asking_client client(transport::udp, server.server_address());
    CHECK(client.ask("x") == "x");
    CHECK(server.counters().refused == 0);
}

}  // namespace tests::server_accepted
