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

TEST_CASE("a connected datagram socket hears its peer alone", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket receiver = net->named_udp_socket();
    const ringlet::socket peer = net->named_udp_socket();
    const ringlet::socket stranger = net->named_udp_socket();
    REQUIRE(net->connect(receiver, peer.local_address()) == 0);
    incoming got;
    prepare_recvmsg(*ring, 1, receiver.native_handle(), got, 0);
    for (const ringlet::socket* const sender : {&stranger, &peer}) {
        CHECK(nothing_completes(*ring));
        REQUIRE(net->connect(*sender, receiver.local_address()) == 0);
        CHECK(net->send(sender->native_handle(), sender == &peer ? "peer" : "stranger") > 0);
    }
    CHECK(next_completion(*ring).result == 4);
    CHECK(ringlet::address::from(reinterpret_cast<sockaddr*>(&got.name), got.header.msg_namelen) ==
          peer.local_address());
    char byte = 0;
    CHECK(net->recv(stranger.native_handle(), {&byte, 1}, MSG_DONTWAIT) == -ECONNREFUSED);
}

TEST_CASE("a Unix datagram socket that is connected takes nothing from others", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket receiver = net->named_unix_socket(SOCK_DGRAM);
    const ringlet::socket peer = net->named_unix_socket(SOCK_DGRAM);
    const ringlet::socket stranger = net->named_unix_socket(SOCK_DGRAM);
    const ringlet::address name = receiver.local_address();
    incoming sent;
    sent.header.msg_name = const_cast<sockaddr*>(name.data());
    sent.header.msg_namelen = name.size();
    const auto send = [&, &used = *ring](const ringlet::socket& from) {
        return result_of(used, [&](io_uring_sqe* sqe) {
            io_uring_prep_sendmsg(sqe, from.native_handle(), &sent.header, 0);
        });
    };
    CHECK(send(stranger) == 16);
    REQUIRE(net->connect(receiver, peer.local_address()) == 0);
    CHECK(send(stranger) == -EPERM);
    CHECK(net->connect(stranger, name) == -EPERM);
    CHECK(send(peer) == 16);
    CHECK(net->connect(peer, name) == 0);
}

TEST_CASE("a sender without a peer does not hear that nobody receives", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::address nobody = net->named_udp_socket().local_address();
    const ringlet::socket sender = net->named_udp_socket();
    incoming sent;
    sent.header.msg_name = const_cast<sockaddr*>(nobody.data());
    sent.header.msg_namelen = nobody.size();
    for (int again = 0; again < 3; ++again)
        CHECK(result_of(*ring, [&](io_uring_sqe* sqe) {
                  io_uring_prep_sendmsg(sqe, sender.native_handle(), &sent.header, 0);
              }) == 16);
    char byte = 0;
    CHECK(net->recv(sender.native_handle(), {&byte, 1}, MSG_DONTWAIT) == -EAGAIN);
    CHECK(sender.get_option<int>(SOL_SOCKET, SO_ERROR) == 0);
}

TEST_CASE("a datagram that is only looked at stays", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const bool over_udp = GENERATE(false, true);
    const auto [net, ring] = tested.make();
    const ringlet::socket receiver =
        over_udp ? net->named_udp_socket() : net->named_unix_socket(SOCK_DGRAM);
    const ringlet::socket sender = over_udp ? net->udp_socket() : net->unix_socket(SOCK_DGRAM);
    REQUIRE(net->connect(sender, receiver.local_address()) == 0);
    REQUIRE(net->send(sender.native_handle(), "abc") == 3);
    REQUIRE(net->send(sender.native_handle(), "d") == 1);
    for (const int flags : {int{MSG_PEEK}, MSG_PEEK | MSG_TRUNC, 0}) {
        std::array<char, 2> buffer{};
        prepare_as(*ring, 1, [&](io_uring_sqe* sqe) {
            io_uring_prep_recv(sqe, receiver.native_handle(), buffer.data(), 2, flags);
        });
        CHECK(next_completion(*ring).result == ((flags & MSG_TRUNC) != 0 ? 3 : 2));
        CHECK(buffer == std::array{'a', 'b'});
    }
    char byte = 0;
    CHECK(net->recv(receiver.native_handle(), {&byte, 1}) == 1);
    CHECK(byte == 'd');
}

}  // namespace tests::ring_conformance_datagram
