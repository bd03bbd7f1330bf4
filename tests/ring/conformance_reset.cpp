#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <poll.h>

#include <system_error>

namespace tests::ring_conformance_reset {

TEST_CASE("a socket that is closed with bytes unread resets its connection", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const bool over_tcp = GENERATE(false, true);
    CAPTURE(over_tcp);
    const auto [net, ring] = tested.make();
    connected_pair pair = over_tcp ? net->tcp_pair() : net->unix_pair();
    CHECK(net->send(pair.fd(), "unread") == 6);
    CHECK(net->send(pair.peer(), "y") == 1);
    CHECK(net->recv(pair.fd(), {}, MSG_DONTWAIT | MSG_PEEK) == 0);
    pair.other = ringlet::socket();
    CHECK(receive_byte(*ring, pair.one) == 1);  // what came before
    CHECK(receive_byte(*ring, pair.one) == -ECONNRESET);
    CHECK(receive_byte(*ring, pair.one) == 0);
    CHECK(send_byte(*ring, pair.one) == -EPIPE);
}

TEST_CASE("the clients that a listener has not accepted are reset when it is closed", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const bool by_shutdown = GENERATE(false, true);
    CAPTURE(by_shutdown);
    const auto [net, ring] = tested.make();
    ringlet::socket listener = net->tcp_listener();
    const ringlet::socket client = net->tcp_client(listener);
    if (by_shutdown)
        listener.shutdown(SHUT_RDWR);
    else
        listener = ringlet::socket();
    CHECK(receive_byte(*ring, client) == -ECONNRESET);
}

TEST_CASE("what has come before a reset is received", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->tcp_pair();
    CHECK(net->send(pair.peer(), "x") == 1);
    reset(pair.other);
    CHECK(net->recv(pair.fd(), {}, MSG_DONTWAIT | MSG_PEEK) == 0);
    CHECK(receive_byte(*ring, pair.one) == 1);
    CHECK(receive_byte(*ring, pair.one) == -ECONNRESET);
    CHECK(receive_byte(*ring, pair.one) == 0);
}

TEST_CASE("a connection that was reset has no peer any more", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->tcp_pair();
    reset(pair.other);
    CHECK(receive_byte(*ring, pair.one) == -ECONNRESET);
    CHECK(ring->net().shutdown(pair.fd(), SHUT_WR) == -ENOTCONN);
    CHECK_THROWS_AS(pair.one.peer_address(), std::system_error);
    CHECK(ring->net().ready_events(pair.fd(), POLLIN | POLLOUT | POLLRDHUP) ==
          (POLLIN | POLLOUT | POLLRDHUP | POLLHUP));
}

TEST_CASE("bytes for a peer that has closed are answered by a reset", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const bool end_is_seen = GENERATE(true, false);
    CAPTURE(end_is_seen);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->tcp_pair();
    pair.other = ringlet::socket();
    if (end_is_seen)
        CHECK(receive_byte(*ring, pair.one) == 0);
    CHECK(net->send(pair.fd(), "x") == 1);
    CHECK(receive_byte(*ring, pair.one) == 0);  // the end came first
    CHECK(receive_byte(*ring, pair.one) == 0);
    CHECK((ring->net().ready_events(pair.fd(), POLLIN) & POLLERR) != 0);
    CHECK(pair.one.get_option<int>(SOL_SOCKET, SO_ERROR) == EPIPE);
    CHECK(send_byte(*ring, pair.one) == -EPIPE);
}

}  // namespace tests::ring_conformance_reset
