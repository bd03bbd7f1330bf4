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

}  // namespace

TEST_CASE("a poll tells at once what is there, of what it was asked for", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const connected_pair pair = unix_pair();
    CHECK(poll(*ring, pair.fd(), POLLOUT) == POLLOUT);
    CHECK(poll(*ring, pair.fd(), POLLIN | POLLOUT) == POLLOUT);
    REQUIRE(::send(pair.peer(), "x", 1, 0) == 1);
    CHECK(poll(*ring, pair.fd(), POLLIN | POLLOUT) == (POLLIN | POLLOUT));
    CHECK(poll(*ring, pair.fd(), POLLIN) == POLLIN);
}

TEST_CASE("a poll waits for what it was asked for, and ends with that", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const connected_pair pair = unix_pair();
    prepare_poll(*ring, 1, pair.fd(), POLLIN);
    CHECK(nothing_completes(*ring));
    REQUIRE(::send(pair.peer(), "x", 1, 0) == 1);
    CHECK(next_completion(*ring).result == POLLIN);
    REQUIRE(::send(pair.peer(), "y", 1, 0) == 1);
    CHECK(nothing_completes(*ring));  // it was one poll
}

TEST_CASE("polls for different things wait on one descriptor", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    connected_pair pair = unix_pair();
    while (::send(pair.fd(), "full", 4, MSG_DONTWAIT) > 0) {
    }
    prepare_poll(*ring, 1, pair.fd(), POLLIN);
    prepare_poll(*ring, 2, pair.fd(), POLLOUT);
    prepare_poll(*ring, 3, pair.fd(), 0);
    CHECK(nothing_completes(*ring));
    REQUIRE(::send(pair.peer(), "x", 1, 0) == 1);
    CHECK(next_results(*ring, 1) == std::map<std::uint64_t, int>{{1, POLLIN}});
    CHECK(nothing_completes(*ring));
    std::array<char, 65'536> taken{};
    while (ring->completions().ready() == 0) {
        REQUIRE(::recv(pair.peer(), taken.data(), taken.size(), 0) > 0);
        hand_over(*ring);
    }
    CHECK(next_results(*ring, 1) == std::map<std::uint64_t, int>{{2, POLLOUT}});
    CHECK(nothing_completes(*ring));
    REQUIRE(::shutdown(pair.peer(), SHUT_WR) == 0);
    CHECK(next_results(*ring, 1) == std::map<std::uint64_t, int>{{3, POLLRDHUP}});
}

TEST_CASE("a poll ends with POLLHUP, POLLERR and POLLRDHUP, asked for or not", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const bool at_once = GENERATE(false, true);
    CAPTURE(at_once);
    const auto result_after = [&](int fd, const auto& happen) {
        if (at_once)
            happen();
        prepare_poll(*ring, 1, fd, 0);
        if (!at_once) {
            CHECK(nothing_completes(*ring));
            happen();
        }
        return next_completion(*ring).result;
    };
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    CHECK(result_after(ends[0], [&] { ::close(ends[1]); }) == POLLHUP);
    ::close(ends[0]);
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    CHECK(result_after(ends[1], [&] { ::close(ends[0]); }) == POLLERR);
    ::close(ends[1]);

    connected_pair resets = tcp_pair();
    CHECK(result_after(resets.fd(), [&] { reset(resets.other); }) ==
          (POLLHUP | POLLERR | POLLRDHUP));
    connected_pair ends_half = tcp_pair();
    CHECK(result_after(ends_half.fd(), [&] { ::shutdown(ends_half.peer(), SHUT_WR); }) ==
          POLLRDHUP);
}

TEST_CASE("polls watch anything that can be polled, and a file is always ready", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
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
    const auto ring = tested.make();
    const connected_pair pair = unix_pair();
    char byte = 0;
    prepare_poll(*ring, 1, pair.fd(), POLLIN);
    prepare_as(*ring, 2,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, pair.fd(), &byte, 1, 0); });
    CHECK(nothing_completes(*ring));
    CHECK(cancel(*ring, 1) == cancelled);
    REQUIRE(::send(pair.peer(), "x", 1, 0) == 1);
    CHECK(next_results(*ring, 1) == std::map<std::uint64_t, int>{{2, 1}});
    CHECK(nothing_completes(*ring));
}

}  // namespace tests::ring_conformance_poll
