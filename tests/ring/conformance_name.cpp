#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"
#include "ipv6_loopback.hpp"

#include <system_error>

namespace tests::ring_conformance_name {

namespace {

int bind(ringlet::network& net, const ringlet::socket& socket, const ringlet::address& to) {
    return net.bind(socket.native_handle(), to.data(), to.size());
}

ringlet::socket ipv6_socket(ringlet::network& net, bool only) {
    ringlet::socket made = ringlet::socket::open(net, AF_INET6, SOCK_STREAM);
    made.set_option(IPPROTO_IPV6, IPV6_V6ONLY, only ? 1 : 0);
    return made;
}

}  // namespace

TEST_CASE("a name is had by one listener, by one bind", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const bool reuses = GENERATE(false, true);
    const auto [net, ring] = tested.make();
    ringlet::socket listener = net->tcp_listener();
    const ringlet::address taken = listener.local_address();
    CHECK(taken.port() != 0);
    CHECK(bind(ring->net(), listener, taken) == -EINVAL);

    ringlet::socket other = net->tcp_socket();
    if (reuses)
        other.set_option(SOL_SOCKET, SO_REUSEADDR, 1);
    CHECK(bind(ring->net(), other, taken) == -EADDRINUSE);
    CHECK(bind(ring->net(), other, ringlet::address("192.0.2.1", 0)) == -EADDRNOTAVAIL);
    CHECK(bind(ring->net(), other, ringlet::address("0.0.0.0", taken.port())) == -EADDRINUSE);
    listener = ringlet::socket();
    CHECK(bind(ring->net(), other, taken) == 0);
    CHECK(other.local_address() == taken);
}

TEST_CASE("both ends of a connection know both names", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->tcp_pair();
    CHECK(pair.one.local_address() == pair.other.peer_address());
    CHECK(pair.one.peer_address() == pair.other.local_address());
    CHECK(pair.one.local_address().host() == "127.0.0.1");
    CHECK_THROWS_AS(net->tcp_socket().peer_address(), std::system_error);
    CHECK(net->tcp_socket().local_address().port() == 0);

    const ringlet::socket listener = net->named_unix_socket();
    CHECK(ring->net().listen(listener.native_handle(), 1) == 0);
    const ringlet::socket client = net->unix_socket();
    REQUIRE(net->connect(client, listener.local_address()) == 0);
    CHECK(client.peer_address() == listener.local_address());
    CHECK(client.local_address().to_string() == "unix:");
}

TEST_CASE("listeners that agree on it share a port", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const auto sharing = [&, &own = *net] {
        ringlet::socket made = own.tcp_socket();
        made.set_option(SOL_SOCKET, SO_REUSEPORT, 1);
        return made;
    };
    ringlet::socket first = sharing();
    first.bind(ringlet::address("127.0.0.1", 0));
    first.listen(1);
    CHECK(bind(ring->net(), sharing(), first.local_address()) == 0);
    CHECK(bind(ring->net(), net->tcp_socket(), first.local_address()) == -EADDRINUSE);
}

TEST_CASE("a listener for all of IPv6 has IPv4 clients too, unless it is to have none", "[ring]") {
    if (!has_ipv6_loopback())
        SKIP("there is no IPv6 here");
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const bool only = GENERATE(false, true);
    CAPTURE(only);
    const auto [net, ring] = tested.make();
    ringlet::socket listener = ipv6_socket(ring->net(), only);
    listener.bind(ringlet::address("::", 0));
    listener.listen(4);
    const int port = listener.local_address().port();
    CHECK(listener.local_address().host() == "::");

    const ringlet::socket own = ipv6_socket(ring->net(), false);
    CHECK(net->connect(own, ringlet::address("::1", port)) == 0);
    CHECK(net->own(net->accept(listener), "accept").peer_address().host() == "::1");
    const ringlet::socket other = net->tcp_socket();
    CHECK(net->connect(other, ringlet::address("127.0.0.1", port)) == (only ? -ECONNREFUSED : 0));
    if (!only)
        CHECK(net->own(net->accept(listener), "accept").peer_address().host() ==
              "::ffff:127.0.0.1");
    CHECK(bind(ring->net(), net->tcp_socket(), ringlet::address("0.0.0.0", port)) ==
          (only ? 0 : -EADDRINUSE));
}

TEST_CASE("a Unix name is had by one socket", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    ringlet::socket named = net->named_unix_socket(SOCK_DGRAM);
    const ringlet::address name = named.local_address();
    const ringlet::socket other = net->unix_socket(SOCK_DGRAM);
    CHECK(bind(ring->net(), other, name) == -EADDRINUSE);
    CHECK(bind(ring->net(), other, ringlet::address("127.0.0.1", 0)) == -EINVAL);
    CHECK(net->connect(other, name) == 0);
    named = ringlet::socket();
    CHECK(net->send(other.native_handle(), "x") == -ECONNREFUSED);
    CHECK(net->connect(other, name) == -ECONNREFUSED);
    CHECK(bind(ring->net(), other, name) == 0);
}

}  // namespace tests::ring_conformance_name
