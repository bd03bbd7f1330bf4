#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <csignal>
#include <string>

namespace tests::ring_conformance_send {

namespace {

constexpr std::size_t large = std::size_t{1} << 20U;  // more than the sockets' buffers hold

void prepare_send(ringlet::ring& ring, int fd, std::string_view data, int flags) {
    prepare_as(ring, 1, [&](io_uring_sqe* sqe) {
        io_uring_prep_send(sqe, fd, data.data(), data.size(), flags);
    });
}

/// Sends until the peer's end is known: the first error.
int error_of_sending(ringlet::ring& ring, int fd) {
    for (;;) {
        prepare_send(ring, fd, "x", 0);
        if (const int result = next_completion(ring).result; result < 0)
            return result;
    }
}

}  // namespace

TEST_CASE("a send without MSG_WAITALL yields what the socket takes at once", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->tcp_pair();
    const std::string data(large, 'd');
    pair.one.set_option(SOL_SOCKET, SO_SNDBUF, 16'384);
    prepare_send(*ring, pair.fd(), data, 0);
    const int taken = next_completion(*ring).result;
    CHECK(taken > 0);
    CHECK(taken < static_cast<int>(large));
    const auto size = static_cast<std::size_t>(taken);
    CHECK(take_from(*net, *ring, pair.peer(), size).size() == size);
}

TEST_CASE("MSG_WAITALL makes a send finish what a slow reader holds up", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->tcp_pair();
    const std::string data(large, 'd');
    pair.one.set_option(SOL_SOCKET, SO_SNDBUF, 16'384);
    prepare_send(*ring, pair.fd(), data, MSG_WAITALL);
    hand_over(*ring);
    CHECK(ring->completions().ready() == 0);

    CHECK(take_from(*net, *ring, pair.peer(), large).size() == large);
    CHECK(next_completion(*ring).result == static_cast<int>(large));
}

TEST_CASE("a send that fails half way reports its progress, and the error comes next", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->tcp_pair();
    const std::string data(large, 'd');
    pair.one.set_option(SOL_SOCKET, SO_SNDBUF, 16'384);
    prepare_send(*ring, pair.fd(), data, MSG_WAITALL);
    hand_over(*ring);
    REQUIRE(ring->completions().ready() == 0);
    reset(pair.other);
    const int progress = next_completion(*ring).result;
    CHECK(progress > 0);
    CHECK(progress < static_cast<int>(large));
    CHECK(error_of_sending(*ring, pair.fd()) < 0);
}

TEST_CASE("a send to a peer that is gone gives EPIPE, and no SIGPIPE", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    REQUIRE(std::signal(SIGPIPE, SIG_DFL) != SIG_ERR);  // which would end the program

    connected_pair gone = net->unix_pair();
    gone.other = ringlet::socket();
    CHECK(error_of_sending(*ring, gone.fd()) == -EPIPE);

    connected_pair has_reset = net->tcp_pair();
    reset(has_reset.other);
    const int first = error_of_sending(*ring, has_reset.fd());
    CHECK((first == -ECONNRESET || first == -EPIPE));
    CHECK(error_of_sending(*ring, has_reset.fd()) == -EPIPE);
}

TEST_CASE("a send of nothing yields 0", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->tcp_pair();
    prepare_send(*ring, pair.fd(), {}, MSG_WAITALL);
    CHECK(next_completion(*ring).result == 0);
}

TEST_CASE("what a cancelled send has sent is its result", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const bool over_tcp = GENERATE(false, true);
    const bool at_once = GENERATE(false, true);
    CAPTURE(over_tcp, at_once);
    connected_pair pair = over_tcp ? net->tcp_pair() : net->unix_pair();
    pair.one.set_option(SOL_SOCKET, SO_SNDBUF, 16'384);
    const std::string data(large, 'd');
    prepare_send(*ring, pair.fd(), data, MSG_WAITALL);
    if (!at_once)
        REQUIRE(nothing_completes(*ring));
    const auto [own, sent] = cancel_at_last(*ring, 1);
    CHECK(own == 0);
    REQUIRE(sent > 0);
    REQUIRE(sent < static_cast<int>(large));
    pair.one = ringlet::socket();
    CHECK(take_from(*net, *ring, pair.peer(), large).size() == static_cast<std::size_t>(sent));
}

}  // namespace tests::ring_conformance_send
