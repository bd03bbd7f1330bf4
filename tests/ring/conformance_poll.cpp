#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>

namespace tests::ring_conformance_poll {

namespace {

void prepare_poll(ringlet::ring& ring, std::uint64_t user_data, int fd, short events) {
    prepare_as(ring, user_data, [&](io_uring_sqe* sqe) {
        io_uring_prep_poll_add(sqe, fd, static_cast<unsigned>(events));
    });
}

int poll(ringlet::ring& ring, int fd, short events) {
    prepare_poll(ring, 1, fd, events);
    return next_completion(ring).result;
}

/// The result of a poll that asks for no event, where `happen()` takes place before it or after.
template <class Happen>
int poll_while(ringlet::ring& ring, int fd, bool before, const Happen& happen) {
    if (before)
        happen();
    prepare_poll(ring, 1, fd, 0);
    if (!before) {
        CHECK(nothing_completes(ring));
        happen();
    }
    return next_completion(ring).result;
}

}  // namespace

TEST_CASE("a poll tells at once what is there, of what it was asked for", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    CHECK(poll(*ring, pair.fd(), POLLOUT) == POLLOUT);
    CHECK(poll(*ring, pair.fd(), POLLIN | POLLOUT) == POLLOUT);
    REQUIRE(net->send(pair.peer(), "x") == 1);
    CHECK(poll(*ring, pair.fd(), POLLIN | POLLOUT) == (POLLIN | POLLOUT));
    CHECK(poll(*ring, pair.fd(), POLLIN) == POLLIN);
}

TEST_CASE("a poll waits for what it was asked for, and ends with that", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    prepare_poll(*ring, 1, pair.fd(), POLLIN);
    CHECK(nothing_completes(*ring));
    REQUIRE(net->send(pair.peer(), "x") == 1);
    CHECK(next_completion(*ring).result == POLLIN);
    REQUIRE(net->send(pair.peer(), "y") == 1);
    CHECK(nothing_completes(*ring));  // it was one poll
}

TEST_CASE("polls for different things wait on one descriptor", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->unix_pair();
    while (net->send(pair.fd(), "full", MSG_DONTWAIT) > 0) {
    }
    prepare_poll(*ring, 1, pair.fd(), POLLIN);
    prepare_poll(*ring, 2, pair.fd(), POLLOUT);
    prepare_poll(*ring, 3, pair.fd(), 0);
    CHECK(nothing_completes(*ring));
    REQUIRE(net->send(pair.peer(), "x") == 1);
    CHECK(next_results(*ring, 1) == std::map<std::uint64_t, int>{{1, POLLIN}});
    CHECK(nothing_completes(*ring));
    std::array<char, 65'536> taken{};
    while (ring->completions().ready() == 0) {
        REQUIRE(net->recv(pair.peer(), taken) > 0);
        hand_over(*ring);
    }
    CHECK(next_results(*ring, 1) == std::map<std::uint64_t, int>{{2, POLLOUT}});
    CHECK(nothing_completes(*ring));
    pair.other.shutdown(SHUT_WR);
    CHECK(next_results(*ring, 1) == std::map<std::uint64_t, int>{{3, POLLRDHUP}});
}

TEST_CASE("a poll ends with POLLHUP, POLLERR and POLLRDHUP, asked for or not", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const bool at_once = GENERATE(false, true);
    CAPTURE(at_once);
    connected_pair resets = net->tcp_pair();
    CHECK(poll_while(*ring, resets.fd(), at_once, [&] { reset(resets.other); }) ==
          (POLLHUP | POLLERR | POLLRDHUP));
    connected_pair ends_half = net->tcp_pair();
    CHECK(poll_while(*ring, ends_half.fd(), at_once, [&] { ends_half.other.shutdown(SHUT_WR); }) ==
          POLLRDHUP);
}

TEST_CASE("a poll of a pipe ends with POLLHUP and POLLERR, asked for or not", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const bool at_once = GENERATE(false, true);
    CAPTURE(at_once);
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    CHECK(poll_while(*ring, ends[0], at_once, [&] { ::close(ends[1]); }) == POLLHUP);
    ::close(ends[0]);
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    CHECK(poll_while(*ring, ends[1], at_once, [&] { ::close(ends[0]); }) == POLLERR);
    ::close(ends[1]);
}

TEST_CASE("polls watch anything that can be polled, and a file is always ready", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const int event = ::eventfd(0, EFD_CLOEXEC);
    prepare_poll(*ring, 1, event, POLLIN);
    CHECK(nothing_completes(*ring));
    REQUIRE(::eventfd_write(event, 1) == 0);
    CHECK(next_completion(*ring).result == POLLIN);
    ::close(event);

    const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    CHECK(poll(*ring, file, POLLIN | POLLOUT) == (POLLIN | POLLOUT));
    ::close(file);
}

TEST_CASE("a poll is cancelled, and a receive beside it goes on", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    char byte = 0;
    prepare_poll(*ring, 1, pair.fd(), POLLIN);
    prepare_as(*ring, 2,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, pair.fd(), &byte, 1, 0); });
    CHECK(nothing_completes(*ring));
    CHECK(cancel(*ring, 1) == cancelled);
    REQUIRE(net->send(pair.peer(), "x") == 1);
    CHECK(next_results(*ring, 1) == std::map<std::uint64_t, int>{{2, 1}});
    CHECK(nothing_completes(*ring));
}

}  // namespace tests::ring_conformance_poll
