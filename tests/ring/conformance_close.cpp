#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <sys/eventfd.h>

#include <array>

namespace tests::ring_conformance_close {

namespace {

int close(ringlet::ring& ring, int fd) {
    return result_of(ring, [&](io_uring_sqe* sqe) { io_uring_prep_close(sqe, fd); });
}

int shutdown(ringlet::ring& ring, int fd, int how) {
    return result_of(ring, [&](io_uring_sqe* sqe) { io_uring_prep_shutdown(sqe, fd, how); });
}

}  // namespace

TEST_CASE("a close closes, once", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->unix_pair();
    const int fd = pair.one.release();
    CHECK(close(*ring, fd) == 0);
    char byte = 0;
    CHECK(net->recv(pair.peer(), {&byte, 1}, MSG_DONTWAIT) == 0);
    CHECK(close(*ring, fd) == -EBADF);
}

TEST_CASE("a close with a receive in flight closes the descriptor alone", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->unix_pair();
    char byte = 0;
    prepare_as(*ring, 2,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, pair.fd(), &byte, 1, 0); });
    CHECK(nothing_completes(*ring));
    CHECK(close(*ring, pair.one.release()) == 0);
    CHECK((net->recv(pair.peer(), {&byte, 1}, MSG_DONTWAIT) == 0) ==
          tested.diverges.closing_ends_the_file);
    CHECK(nothing_completes(*ring));
    CHECK(cancel(*ring, 2) == cancelled);
    CHECK(nothing_completes(*ring));
    CHECK(net->recv(pair.peer(), {&byte, 1}, MSG_DONTWAIT) == 0);
}

TEST_CASE("what is handed over before a close is done before it", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->unix_pair();
    prepare_as(*ring, 1, [&](io_uring_sqe* sqe) { io_uring_prep_send(sqe, pair.fd(), "x", 1, 0); });
    prepare_as(*ring, 2, [&](io_uring_sqe* sqe) { io_uring_prep_close(sqe, pair.one.release()); });
    CHECK(next_results(*ring, 2) == std::map<std::uint64_t, int>{{1, 1}, {2, 0}});
    std::array<char, 2> buffer{};
    CHECK(net->recv(pair.peer(), buffer, MSG_WAITALL) == 1);
}

TEST_CASE("a shutdown ends one direction or both", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->tcp_pair();
    CHECK(shutdown(*ring, pair.fd(), SHUT_WR) == 0);
    char byte = 0;
    CHECK(net->recv(pair.peer(), {&byte, 1}) == 0);
    REQUIRE(net->send(pair.peer(), "x") == 1);
    CHECK(net->recv(pair.fd(), {&byte, 1}) == 1);

    prepare_as(*ring, 2,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, pair.fd(), &byte, 1, 0); });
    prepare_as(*ring, 1,
               [&](io_uring_sqe* sqe) { io_uring_prep_shutdown(sqe, pair.fd(), SHUT_RDWR); });
    CHECK(next_results(*ring, 2) == std::map<std::uint64_t, int>{{1, 0}, {2, 0}});
    CHECK(shutdown(*ring, net->tcp_socket().native_handle(), SHUT_RDWR) == -ENOTCONN);
    CHECK(shutdown(*ring, net->unix_socket().native_handle(), SHUT_RDWR) == 0);
    CHECK(shutdown(*ring, pair.fd(), 17) == -EINVAL);
}

}  // namespace tests::ring_conformance_close
