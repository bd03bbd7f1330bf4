// Where a datagram came to, and an answer that leaves from there.

#include "catch.hpp"
#include "check_awaited.hpp"
#include "ipv6_loopback.hpp"
#include "run_without_leak.hpp"

#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/datagram_receiver.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/net/packet_info.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::net_packet_info {

using ringlet::address;
using ringlet::datagram_socket;
using ringlet::loop;
using ringlet::packet_info;
using ringlet::received_datagram;
using ringlet::task;

namespace {

/// A socket bound to a wildcard address, and one that is connected to it at another address than
/// the kernel would answer from: it hears what comes from there alone.
struct wildcard_pair {
    wildcard_pair(loop& owner, const char* bound_to, const char* asked_at)
        : server(owner, {bound_to, 0}, {.binding = {.v6_only = false}, .receive_bursts = true}),
          client(owner, {std::string(asked_at).find(':') == 0 ? "::1" : "127.0.0.1", 0}),
          asked(asked_at, server.local_address().port()) {}

    datagram_socket server;
    datagram_socket client;
    address asked;
};

/// The addresses to bind to and to ask at, of the families that this machine has.
std::pair<const char*, const char*> wildcard_and_asked() {
    return has_ipv6_loopback() ? GENERATE(std::pair{"0.0.0.0", "127.0.0.2"}, std::pair{"::", "::1"})
                               : std::pair{"0.0.0.0", "127.0.0.2"};
}

}  // namespace

TEST_CASE("a datagram to a wildcard address is answered from where it came to", "[net]") {
    const auto [bound_to, asked_at] = wildcard_and_asked();
    run_without_leak([&, bound = bound_to, at = asked_at](loop& owner) -> task<> {
        wildcard_pair both(owner, bound, at);
        co_await both.client.connect(both.asked);
        CHECK_AWAITED(co_await both.client.send("question"), 8);
        std::string buffer(100, '.');
        address sender;
        packet_info info;
        const received_datagram incoming = co_await both.server.recv_from(buffer, sender, info);
        CHECK(incoming.size == 8);
        CHECK(sender == both.client.local_address());
        CHECK(info.known());
        CHECK(info.local() == address(at, 0));
        CHECK(info.interface() != 0);
        CHECK_AWAITED(co_await both.server.send_to("answer", sender, info), 6);
        CHECK_AWAITED(co_await both.server.send_burst_to("threefour", 5, sender, info), 9);
        std::string answers;
        while (answers.size() < 15)
            answers += buffer.substr(0, (co_await both.client.recv(buffer)).size);
        CHECK(answers == "answerthreefour");
    });
}

TEST_CASE("an IPv6 wildcard answers IPv4 from where it came to", "[net]") {
    if (!has_ipv6_loopback())
        SKIP("there is no IPv6 here");
    run_without_leak([](loop& owner) -> task<> {
        wildcard_pair both(owner, "::", "127.0.0.2");
        co_await both.client.connect(both.asked);
        CHECK_AWAITED(co_await both.client.send("question"), 8);
        std::string buffer(100, '.');
        address sender;
        packet_info info;
        const ringlet::received_burst incoming =
            co_await both.server.recv_burst_from(buffer, sender, info);
        CHECK(incoming.size == 8);
        CHECK(info.local() == address("::ffff:127.0.0.2", 0));
        CHECK_AWAITED(co_await both.server.send_to("answer", sender, info), 6);
        const received_datagram answer = co_await both.client.recv(buffer);
        CHECK(answer.size == 6);
    });
}

TEST_CASE("bursts tell where they came to", "[net]") {
    const auto [bound_to, asked_at] = wildcard_and_asked();
    run_without_leak([&, bound = bound_to, at = asked_at](loop& owner) -> task<> {
        wildcard_pair both(owner, bound, at);
        co_await both.client.connect(both.asked);
        CHECK_AWAITED(co_await both.client.send_burst("fivesfivesfives", 5), 15);
        std::string buffer(100, '.');
        std::size_t received = 0;
        while (received < 15) {
            address sender;
            packet_info info;
            const ringlet::received_burst incoming =
                co_await both.server.recv_burst_from(buffer, sender, info);
            CHECK(incoming.segment_size == 5);
            CHECK(info.local() == address(at, 0));
            received += incoming.size;
        }
    });
}

TEST_CASE("a receiver's datagrams know where they came to, if their socket is a wildcard's",
          "[net]") {
    const bool wildcard = GENERATE(true, false);
    run_without_leak([=](loop& owner) -> task<> {
        datagram_socket server(owner, {wildcard ? "0.0.0.0" : "127.0.0.2", 0});
        ringlet::datagram_receiver receiver(owner, server.socket());
        datagram_socket client(owner, {"127.0.0.1", 0});
        const address asked("127.0.0.2", server.local_address().port());
        CHECK_AWAITED(co_await client.send_to("question", asked), 8);
        ringlet::datagram incoming = co_await receiver.receive();
        CHECK(incoming.info().known() == wildcard);
        CHECK(incoming.info().local() == (wildcard ? address("127.0.0.2", 0) : address()));
        incoming.detach();
        CHECK(incoming.info().known() == wildcard);
        co_await receiver.stop();
    });
}

TEST_CASE("a datagram leaves from an address that a program asks for", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket from(owner, {"0.0.0.0", 0});
        datagram_socket to(owner, {"127.0.0.1", 0});
        const packet_info source(address("127.0.0.3", 12));
        const address target = to.local_address();
        CHECK_AWAITED(co_await from.send_to("hello", target, source), 5);
        std::string buffer(100, '.');
        address sender;
        const received_datagram first = co_await to.recv_from(buffer, sender);
        CHECK(first.size == 5);
        CHECK(sender == address("127.0.0.3", from.local_address().port()));
        CHECK_AWAITED(co_await from.send_to("hello", target, packet_info()), 5);
        const received_datagram second = co_await to.recv_from(buffer, sender);
        CHECK(second.size == 5);
        CHECK(sender == address("127.0.0.1", from.local_address().port()));
        std::error_code error;
        const packet_info foreign(address("192.0.2.1", 0));
        CHECK_AWAITED(co_await from.send_to("hello", target, foreign, error), 0);
        CHECK(error);
    });
}

TEST_CASE("only an IP address can be left from", "[net]") {
    CHECK_THROWS_AS(packet_info(address::unix_path("@name")), std::invalid_argument);
    CHECK_THROWS_AS(packet_info(address()), std::invalid_argument);
    CHECK_FALSE(packet_info().known());
    CHECK(packet_info().local() == address());
    CHECK(packet_info(address("fe80::1%lo", 9)).local() == address("fe80::1%lo", 0));
}

}  // namespace tests::net_packet_info
