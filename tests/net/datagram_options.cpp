#include "catch.hpp"
#include "datagram_transport.hpp"
#include "descriptors.hpp"

#include <ringlet/net/datagram_socket.hpp>

#include <netinet/in.h>
#include <netinet/udp.h>

#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

namespace tests::net_datagram_options {

using ringlet::address;
using ringlet::datagram_options;
using ringlet::datagram_socket;
using ringlet::network;

// So that one may be made in a co_await expression: see coro/temporaries.cpp.
static_assert(std::is_trivially_destructible_v<datagram_options>);

namespace {

ringlet::socket open(const address& local, const datagram_options& options) {
    return datagram_socket::open(network::system(), local, options).release();
}

}  // namespace

TEST_CASE("datagram options reach the socket", "[net]") {
    const address any("127.0.0.1", 0);
    const ringlet::socket plain = open(any, {});
    CHECK(plain.get_option<int>(SOL_SOCKET, SO_BROADCAST) == 0);
    CHECK(plain.get_option<int>(SOL_SOCKET, SO_REUSEADDR) == 0);
    CHECK(plain.get_option<int>(SOL_SOCKET, SO_REUSEPORT) == 0);
    CHECK(plain.get_option<int>(IPPROTO_UDP, UDP_GRO) == 0);
    const ringlet::socket all = open(any, {.binding = {.reuse_port = true},
                                           .broadcast = true,
                                           .receive_bursts = true,
                                           .receive_buffer_size = 30'000,
                                           .send_buffer_size = 40'000});
    CHECK(all.get_option<int>(SOL_SOCKET, SO_BROADCAST) == 1);
    CHECK(all.get_option<int>(SOL_SOCKET, SO_REUSEADDR) == 0);  // see bind_options
    CHECK(all.get_option<int>(SOL_SOCKET, SO_REUSEPORT) == 1);
    CHECK(all.get_option<int>(IPPROTO_UDP, UDP_GRO) == 1);
    CHECK(all.get_option<int>(SOL_SOCKET, SO_RCVBUF) == 60'000);  // it doubles them
    CHECK(all.get_option<int>(SOL_SOCKET, SO_SNDBUF) == 80'000);
}

TEST_CASE("a port is shared by those who all ask for it", "[net]") {
    const ringlet::socket first = open({"127.0.0.1", 0}, {.binding = {.reuse_port = true}});
    const address taken = first.local_address();
    CHECK(open(taken, {.binding = {.reuse_port = true}}).local_address() == taken);
    CHECK_THROWS_AS(open(taken, {}), std::system_error);
}

TEST_CASE("an IPv6 socket says whether it takes IPv4", "[net]") {
    if (!has_ipv6_loopback())
        SKIP("this machine has no ::1");
    const bool v6_only = GENERATE(true, false);
    const ringlet::socket made = open({"::", 0}, {.binding = {.v6_only = v6_only}});
    CHECK((made.get_option<int>(IPPROTO_IPV6, IPV6_V6ONLY) == 1) == v6_only);
}

TEST_CASE("a Unix socket is opened with the same options", "[net]") {
    const ringlet::socket made = open(free_address(datagram_transport::unix_socket),
                                      {.receive_bursts = true, .receive_buffer_size = 30'000});
    CHECK(made.get_option<int>(SOL_SOCKET, SO_RCVBUF) == 60'000);
}

TEST_CASE("a datagram socket that cannot be opened says why, and leaves nothing open", "[net]") {
    const address any("127.0.0.1", 0);
    const std::size_t before = open_descriptors();
    CHECK_THROWS_AS(open(any, {.receive_buffer_size = -1}), std::invalid_argument);
    CHECK_THROWS_AS(open(any, {.send_buffer_size = -1}), std::invalid_argument);
    CHECK_THROWS_AS(open(address(), {}), std::invalid_argument);
    const address elsewhere("192.0.2.1", 53);  // RFC 5737
    std::string text;
    try {
        open(elsewhere, {});
    } catch (const std::system_error& error) {
        text = error.what();
        CHECK(error.code() == std::errc::address_not_available);
    }
    CHECK(text.find("cannot bind to 192.0.2.1:53") == 0);
    CHECK(open_descriptors() == before);
}

}  // namespace tests::net_datagram_options
