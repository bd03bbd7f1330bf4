#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <array>
#include <span>
#include <string>

namespace tests::ring_conformance_receive {

namespace {

void prepare_recv(ringlet::ring& ring, int fd, std::span<char> buffer) {
    prepare_as(ring, 1, [&](io_uring_sqe* sqe) {
        io_uring_prep_recv(sqe, fd, buffer.data(), buffer.size(), 0);
    });
}

}  // namespace

TEST_CASE("a receive waits for a byte, yields what there is, and 0 at the end", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const bool over_tcp = GENERATE(false, true);
    connected_pair pair = over_tcp ? net->tcp_pair() : net->unix_pair();
    std::array<char, 16> buffer{};

    prepare_recv(*ring, pair.fd(), buffer);
    hand_over(*ring);
    CHECK(ring->completions().ready() == 0);
    REQUIRE(net->send(pair.peer(), "hello") == 5);
    CHECK(next_completion(*ring).result == 5);
    CHECK(std::string_view(buffer.data(), 5) == "hello");

    pair.other = ringlet::socket();
    for (int again = 0; again < 2; ++again) {
        prepare_recv(*ring, pair.fd(), buffer);
        CHECK(next_completion(*ring).result == 0);
    }
}

TEST_CASE("closing a descriptor with a receive in flight completes nothing", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->tcp_pair();
    std::array<char, 16> buffer{};
    prepare_recv(*ring, pair.fd(), buffer);
    hand_over(*ring);

    pair.one = ringlet::socket();
    CHECK(nothing_completes(*ring));
    char byte = 0;
    const int end_seen = net->recv(pair.peer(), {&byte, 1}, MSG_DONTWAIT);
    if (tested.diverges.closing_ends_the_file) {
        CHECK(end_seen == 0);
        CHECK(cancel(*ring, 1) == cancelled);
        return;
    }
    CHECK(end_seen < 0);  // no FIN either
    REQUIRE(net->send(pair.peer(), "stolen") == 6);
    CHECK(next_completion(*ring).result == 6);
}

TEST_CASE("shutting a socket down ends its receive with 0", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const bool over_tcp = GENERATE(false, true);
    connected_pair pair = over_tcp ? net->tcp_pair() : net->unix_pair();
    std::array<char, 16> buffer{};
    prepare_recv(*ring, pair.fd(), buffer);
    hand_over(*ring);
    pair.one.shutdown(SHUT_RDWR);
    CHECK(next_completion(*ring).result == 0);
}

TEST_CASE("a reset peer ends a receive with ECONNRESET", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->tcp_pair();
    std::array<char, 16> buffer{};
    prepare_recv(*ring, pair.fd(), buffer);
    hand_over(*ring);
    reset(pair.other);
    CHECK(next_completion(*ring).result == -ECONNRESET);
}

TEST_CASE("a receive that must not wait gives EAGAIN where there is nothing", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    char byte = 0;
    prepare_as(*ring, 1, [&](io_uring_sqe* sqe) {
        io_uring_prep_recv(sqe, pair.fd(), &byte, 1, MSG_DONTWAIT);
    });
    CHECK(next_completion(*ring).result == -EAGAIN);
}

TEST_CASE("an empty datagram is received as 0, and is not the end", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair(SOCK_DGRAM);
    std::array<char, 16> buffer{};
    REQUIRE(net->send(pair.peer(), "") == 0);
    REQUIRE(net->send(pair.peer(), "x") == 1);
    prepare_recv(*ring, pair.fd(), buffer);
    CHECK(next_completion(*ring).result == 0);
    prepare_recv(*ring, pair.fd(), buffer);
    CHECK(next_completion(*ring).result == 1);
}

TEST_CASE("a datagram larger than its buffer is cut, and says so", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair(SOCK_DGRAM);
    std::array<char, 4> buffer{};
    iovec place{buffer.data(), buffer.size()};
    for (const int flags : {0, static_cast<int>(MSG_TRUNC)}) {
        REQUIRE(net->send(pair.peer(), "0123456789") == 10);
        msghdr message{};
        message.msg_iov = &place;
        message.msg_iovlen = 1;
        prepare_as(*ring, 1, [&](io_uring_sqe* sqe) {
            io_uring_prep_recvmsg(sqe, pair.fd(), &message, static_cast<unsigned>(flags));
        });
        CHECK(next_completion(*ring).result == (flags == 0 ? 4 : 10));
        CHECK((message.msg_flags & MSG_TRUNC) != 0);
        CHECK(std::string_view(buffer.data(), 4) == "0123");
    }
}

}  // namespace tests::ring_conformance_receive
