#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <array>
#include <string>
#include <string_view>

namespace tests::ring_conformance_datagram {

namespace {

/// A datagram that is received, with its sender.
struct incoming {
    std::array<char, 16> buffer{};
    iovec place{buffer.data(), buffer.size()};
    sockaddr_storage name{};
    msghdr header{};

    incoming() {
        header.msg_name = &name;
        header.msg_namelen = sizeof(name);
        header.msg_iov = &place;
        header.msg_iovlen = 1;
    }
    incoming(const incoming&) = delete;
    incoming& operator=(const incoming&) = delete;
};

void prepare_recvmsg(ringlet::ring& ring, std::uint64_t user_data, int fd, incoming& into,
                     unsigned flags) {
    prepare_as(ring, user_data,
               [&](io_uring_sqe* sqe) { io_uring_prep_recvmsg(sqe, fd, &into.header, flags); });
}

void send_text(sockets& net, const connected_pair& pair, std::string_view text) {
    REQUIRE(net.send(pair.peer(), text) == static_cast<int>(text.size()));
}

using results = std::map<std::uint64_t, int>;

}  // namespace

TEST_CASE("receives that must not wait take what is there, in order, and one behind them waits",
          "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair(SOCK_DGRAM);
    send_text(*net, pair, "a");
    send_text(*net, pair, "bb");
    std::array<incoming, 4> batch;
    for (std::uint64_t i = 0; i < 3; ++i)
        prepare_recvmsg(*ring, i, pair.fd(), batch[i], MSG_DONTWAIT);
    prepare_recvmsg(*ring, 3, pair.fd(), batch[3], 0);
    for (const int expected : {1, 2, -EAGAIN})
        CHECK(next_completion(*ring).result == expected);
    CHECK(batch[1].buffer[0] == 'b');
    CHECK(nothing_completes(*ring));
    send_text(*net, pair, "ccc");
    CHECK(next_results(*ring, 1) == results{{3, 3}});
}

TEST_CASE("a transfer that must not wait does not wait behind one that does", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair(SOCK_DGRAM);
    incoming waits;
    incoming does_not;
    prepare_recvmsg(*ring, 1, pair.fd(), waits, 0);
    prepare_recvmsg(*ring, 2, pair.fd(), does_not, MSG_DONTWAIT);
    CHECK(next_results(*ring, 1) == results{{2, -EAGAIN}});

    const auto send = [&](std::uint64_t user_data, int flags) {
        prepare_as(*ring, user_data,
                   [&](io_uring_sqe* sqe) { io_uring_prep_send(sqe, pair.fd(), "x", 1, flags); });
    };
    while (net->send(pair.fd(), "x", MSG_DONTWAIT) == 1) {
    }
    send(3, 0);
    send(4, MSG_DONTWAIT);
    CHECK(next_results(*ring, 1) == results{{4, -EAGAIN}});
    CHECK(cancel(*ring, 3) == cancelled);
    CHECK(cancel(*ring, 1) == cancelled);
}

TEST_CASE("with MSG_TRUNC the result is a datagram's own size", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const bool waits = GENERATE(true, false);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair(SOCK_DGRAM);
    const std::string large(1000, 'x');
    for (const std::string_view text : {std::string_view(large), std::string_view("y")}) {
        incoming got;
        if (!waits)
            send_text(*net, pair, text);
        prepare_recvmsg(*ring, 1, pair.fd(), got, MSG_TRUNC);
        if (waits) {
            CHECK(nothing_completes(*ring));
            send_text(*net, pair, text);
        }
        CHECK(next_completion(*ring).result == static_cast<int>(text.size()));
        CHECK((got.header.msg_flags & MSG_TRUNC) == (text.size() > 16 ? MSG_TRUNC : 0));
        CHECK(got.buffer[0] == text[0]);
    }
}

TEST_CASE("a sender without a name has one of no length", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const bool waits = GENERATE(true, false);
    const auto [net, ring] = tested.make();
    const ringlet::socket receiver = net->named_unix_socket(SOCK_DGRAM);
    const ringlet::socket sender = net->unix_socket(SOCK_DGRAM);
    REQUIRE(net->connect(sender, receiver.local_address()) == 0);
    incoming got;
    if (!waits)
        REQUIRE(net->send(sender.native_handle(), "x") == 1);
    prepare_recvmsg(*ring, 1, receiver.native_handle(), got, 0);
    if (waits) {
        CHECK(nothing_completes(*ring));
        REQUIRE(net->send(sender.native_handle(), "x") == 1);
    }
    CHECK(next_completion(*ring).result == 1);
    CHECK(got.header.msg_namelen == 0);
}

TEST_CASE("that nobody receives ends a receive that waits at a connected socket", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::address nobody = net->named_udp_socket().local_address();
    const ringlet::socket client = net->udp_socket();
    REQUIRE(net->connect(client, nobody) == 0);
    incoming got;
    prepare_recvmsg(*ring, 1, client.native_handle(), got, 0);
    CHECK(nothing_completes(*ring));
    prepare_as(*ring, 2, [&](io_uring_sqe* sqe) {
        io_uring_prep_send(sqe, client.native_handle(), "x", 1, 0);
    });
    CHECK(next_results(*ring, 2) == results{{1, -ECONNREFUSED}, {2, 1}});
}

}  // namespace tests::ring_conformance_datagram
