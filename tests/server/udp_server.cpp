#include "catch.hpp"
#include "descriptors.hpp"
#include "every_server.hpp"
#include "ipv6_loopback.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/udp_server.hpp>

#include <stdexcept>

namespace tests::server_udp_server {

namespace {

const ringlet::address loopback("127.0.0.1", 0);

/// Tells of each datagram how much of it came.
ringlet::task<> tell_size(ringlet::datagram_request& request) {
    const std::string told = std::to_string(request.packet().size()) + " of " +
                             std::to_string(request.original_size()) +
                             (request.truncated() ? ", truncated" : "");
    co_await request.reply(told);
}

}  // namespace

TEST_CASE("a UDP server answers every client from its own address", "[server]") {
    ringlet::udp_server server(loopback, echo_back);
    CHECK(server.server_address().host() == "127.0.0.1");
    CHECK(server.server_address().port() != 0);
    const serving_thread serving(server);
    asking_client one(transport::udp, server.server_address());  // connected: hears nobody else
    asking_client other(transport::udp, server.server_address());
    one.say("one");
    other.say("other");
    CHECK(other.hear() == "other");
    CHECK(one.hear() == "one");
}

TEST_CASE("a UDP server serves IPv6 as IPv4", "[server]") {
    if (!has_ipv6_loopback())
        SKIP("this system has no IPv6");
    ringlet::udp_server server({"::1", 0}, echo_back);
    const serving_thread serving(server);
    CHECK(asking_client(transport::udp, server.server_address()).ask("six") == "six");
}

TEST_CASE("a UDP server on every address answers from the one that was asked", "[server]") {
    const bool v6 = GENERATE(false, true);
    if (v6 && !has_ipv6_loopback())
        SKIP("this system has no IPv6");
    ringlet::server_options options;
    options.concurrency = GENERATE(from_range(every_concurrency()));
    options.workers = 2;
    options.datagrams.binding.v6_only = false;
    CAPTURE(v6, server_kind{transport::udp, options.concurrency});
    const auto answer = [](ringlet::datagram_request& request) -> ringlet::task<> {
        co_await request.reply(request.info().local().host());
        co_await request.reply_burst(std::string_view("bursts"), 3);
    };
    ringlet::udp_server server({v6 ? "::" : "0.0.0.0", 0}, answer, options);
    const serving_thread serving(server);
    for (const char* const asked_at : {"127.0.0.2", v6 ? "::1" : "127.0.0.1"}) {
        // Connected: it hears nobody else.
        asking_client client(transport::udp, {asked_at, server.server_address().port()});
        const std::string mapped = v6 && asked_at[0] != ':' ? "::ffff:" : "";
        CHECK(client.ask("who are you?") == mapped + asked_at);
        CHECK(client.hear() == "bur");
        CHECK(client.hear() == "sts");
    }
}

TEST_CASE("a UDP server refuses an address that is not of UDP", "[server]") {
    const auto descriptors = open_descriptors();
    CHECK_THROWS_AS(ringlet::udp_server(ringlet::address(), echo_back), std::invalid_argument);
    const auto path = ringlet::address::unix_path("@ringlet-test");
    CHECK_THROWS_AS(ringlet::udp_server(path, echo_back), std::invalid_argument);
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("a UDP server has a large receive buffer, unless it is given a socket", "[server]") {
    const auto size_of = [](const ringlet::server& server) {
        int bytes = 0;
        socklen_t size = sizeof bytes;
        REQUIRE(::getsockopt(server.fileno(), SOL_SOCKET, SO_RCVBUF, &bytes, &size) == 0);
        return bytes;
    };
    const auto plain = [] {
        return ringlet::bound_socket::open(ringlet::network::system(), loopback, SOCK_DGRAM);
    };
    ringlet::bound_socket bound = plain();
    const int usual = bound.socket().get_option<int>(SOL_SOCKET, SO_RCVBUF);
    const ringlet::udp_server by_default(loopback, echo_back);
    CHECK(size_of(by_default) > usual);
    ringlet::server_options options;
    options.datagrams.receive_buffer_size = 30'000;
    const ringlet::udp_server chosen(loopback, echo_back, options);
    CHECK(size_of(chosen) == 60'000);
    const ringlet::udp_server adopting(ringlet::bound_socket::adopt(bound.release(), SOCK_DGRAM),
                                       echo_back);
    CHECK(size_of(adopting) == usual);
}

TEST_CASE("two UDP servers do not share a port unless both ask for it", "[server]") {
    ringlet::server_options options;
    const ringlet::udp_server holder(loopback, echo_back, options);
    CHECK_THROWS_AS(ringlet::udp_server(holder.server_address(), echo_back), std::system_error);
    options.datagrams.binding.reuse_port = true;
    CHECK_THROWS_AS(ringlet::udp_server(holder.server_address(), echo_back, options),
                    std::system_error);
    const ringlet::udp_server one(loopback, echo_back, options);
    CHECK_NOTHROW(ringlet::udp_server(one.server_address(), echo_back, options));
}

TEST_CASE("a handler of a UDP server is told of what was lost of a long datagram", "[server]") {
    ringlet::server_options options;
    options.receiving.packet_size_max = 16;
    options.concurrency = GENERATE(from_range(every_concurrency()));
    options.workers = 2;
    CAPTURE(server_kind{transport::udp, options.concurrency});
    ringlet::udp_server server(loopback, tell_size, options);
    const serving_thread serving(server);
    asking_client client(transport::udp, server.server_address());
    CHECK(client.ask(std::string(1000, 'x')) == "16 of 1000, truncated");
    CHECK(client.ask(std::string(17, 'x')) == "16 of 17, truncated");
    CHECK(client.ask(std::string(16, 'x')) == "16 of 16");
}

}  // namespace tests::server_udp_server
