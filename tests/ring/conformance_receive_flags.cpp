#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <fcntl.h>

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace tests::ring_conformance_receive_flags {

namespace {

void prepare_recv(ringlet::ring& ring, std::uint64_t user_data, int fd, std::span<char> buffer,
                  int flags, unsigned ioprio = 0) {
    prepare_as(ring, user_data, [&](io_uring_sqe* sqe) {
        io_uring_prep_recv(sqe, fd, buffer.data(), buffer.size(), flags);
        sqe->ioprio = static_cast<std::uint16_t>(ioprio);
    });
}

int recv(ringlet::ring& ring, int fd, std::span<char> buffer, int flags) {
    prepare_recv(ring, 1, fd, buffer, flags);
    return next_completion(ring).result;
}

void send_text(sockets& net, const connected_pair& pair, std::string_view text) {
    REQUIRE(net.send(pair.peer(), text) == static_cast<int>(text.size()));
}

}  // namespace

TEST_CASE("MSG_WAITALL makes a receive wait until its buffer is full", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const bool over_tcp = GENERATE(false, true);
    const connected_pair pair = over_tcp ? net->tcp_pair() : net->unix_pair();
    std::array<char, 6> buffer{};
    send_text(*net, pair, "ab");
    prepare_recv(*ring, 1, pair.fd(), buffer, MSG_WAITALL);
    CHECK(nothing_completes(*ring));
    send_text(*net, pair, "cd");
    CHECK(nothing_completes(*ring));
    send_text(*net, pair, "efgh");
    CHECK(next_completion(*ring).result == 6);
    CHECK(std::string_view(buffer.data(), 6) == "abcdef");
    CHECK(recv(*ring, pair.fd(), buffer, 0) == 2);
    CHECK(std::string_view(buffer.data(), 2) == "gh");
}

TEST_CASE("the end of the stream ends a MSG_WAITALL receive with what there was", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->unix_pair();
    std::array<char, 6> buffer{};
    send_text(*net, pair, "ab");
    prepare_recv(*ring, 1, pair.fd(), buffer, MSG_WAITALL);
    CHECK(nothing_completes(*ring));
    pair.other = ringlet::socket();
    CHECK(next_completion(*ring).result == 2);
    CHECK(recv(*ring, pair.fd(), buffer, MSG_WAITALL) == 0);
}

TEST_CASE("what a cancelled receive has taken is its result", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    std::array<char, 6> buffer{};
    send_text(*net, pair, "ab");
    prepare_recv(*ring, 1, pair.fd(), buffer, MSG_WAITALL);
    CHECK(nothing_completes(*ring));
    CHECK(cancel(*ring, 1) == std::pair(0, 2));
    send_text(*net, pair, "cd");
    CHECK(recv(*ring, pair.fd(), buffer, 0) == 2);
    CHECK(std::string_view(buffer.data(), 2) == "cd");
}

TEST_CASE("a MSG_WAITALL receive that must not wait takes what there is", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    std::array<char, 6> buffer{};
    CHECK(recv(*ring, pair.fd(), buffer, MSG_WAITALL | MSG_DONTWAIT) == -EAGAIN);
    send_text(*net, pair, "ab");
    CHECK(recv(*ring, pair.fd(), buffer, MSG_WAITALL | MSG_DONTWAIT) == 2);
}

TEST_CASE("MSG_WAITALL does not join datagrams", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair(SOCK_DGRAM);
    std::array<char, 6> buffer{};
    send_text(*net, pair, "ab");
    send_text(*net, pair, "cd");
    CHECK(recv(*ring, pair.fd(), buffer, MSG_WAITALL) == 2);
    CHECK(recv(*ring, pair.fd(), buffer, MSG_WAITALL) == 2);
    CHECK(buffer[0] == 'c');
}

TEST_CASE("MSG_WAITALL joins the packets of a SOCK_SEQPACKET socket", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::sequenced_packets)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair(SOCK_SEQPACKET);
    std::array<char, 4> buffer{};
    send_text(*net, pair, "ab");
    send_text(*net, pair, "cd");
    CHECK(recv(*ring, pair.fd(), buffer, MSG_WAITALL) == 4);
    CHECK(std::string_view(buffer.data(), 4) == "abcd");
}

TEST_CASE("MSG_PEEK waits for data, and leaves it for the next receive", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    std::array<char, 8> buffer{};
    prepare_recv(*ring, 1, pair.fd(), buffer, MSG_PEEK);
    CHECK(nothing_completes(*ring));
    send_text(*net, pair, "peek");
    CHECK(next_completion(*ring).result == 4);
    for (const int flags : {static_cast<int>(MSG_PEEK), static_cast<int>(MSG_PEEK), 0})
        CHECK(recv(*ring, pair.fd(), buffer, flags) == 4);
    CHECK(recv(*ring, pair.fd(), buffer, MSG_DONTWAIT) == -EAGAIN);
}

TEST_CASE("POLL_FIRST changes nothing but how a transfer is done", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    std::array<char, 8> buffer{};
    for (const bool there_before : {false, true}) {
        if (there_before)
            send_text(*net, pair, "data");
        prepare_recv(*ring, 1, pair.fd(), buffer, 0, IORING_RECVSEND_POLL_FIRST);
        if (!there_before) {
            CHECK(nothing_completes(*ring));
            send_text(*net, pair, "data");
        }
        CHECK(next_completion(*ring).result == 4);
    }
    CHECK(result_of(*ring, [&](io_uring_sqe* sqe) {
              io_uring_prep_send(sqe, pair.fd(), "x", 1, 0);
              sqe->ioprio = IORING_RECVSEND_POLL_FIRST;
          }) == 1);
}

TEST_CASE("O_NONBLOCK does not keep a receive from waiting", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    std::array<char, 8> buffer{};
    REQUIRE(::fcntl(pair.fd(), F_SETFL, O_NONBLOCK) == 0);
    prepare_recv(*ring, 1, pair.fd(), buffer, 0);
    CHECK(nothing_completes(*ring));
    send_text(*net, pair, "data");
    CHECK(next_completion(*ring).result == 4);
}

// Which of them takes what comes first is not defined: the kernel's ring wakes the last one first.
TEST_CASE("two receives wait on a socket, and each takes its part", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    std::array<char, 2> first{};
    std::array<char, 2> second{};
    prepare_recv(*ring, 1, pair.fd(), first, 0);
    prepare_recv(*ring, 2, pair.fd(), second, 0);
    CHECK(nothing_completes(*ring));
    send_text(*net, pair, "abcd");
    CHECK(next_results(*ring, 2) == std::map<std::uint64_t, int>{{1, 2}, {2, 2}});
    const std::string both = std::string(first.data(), 2) + std::string(second.data(), 2);
    CHECK((both == "abcd" || both == "cdab"));
}

TEST_CASE("a receive into nothing waits for data, and takes none", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const bool over_tcp = GENERATE(false, true);
    CAPTURE(over_tcp);
    const connected_pair pair = over_tcp ? net->tcp_pair() : net->unix_pair();
    prepare_recv(*ring, 1, pair.fd(), {}, 0);
    CHECK(nothing_completes(*ring));
    send_text(*net, pair, "ab");
    CHECK(next_completion(*ring).result == 0);
    std::array<char, 8> buffer{};
    CHECK(recv(*ring, pair.fd(), buffer, 0) == 2);
}

TEST_CASE("receives and sends wait on one socket side by side", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    const std::string data(std::size_t{1} << 20U, 'd');
    std::array<char, 8> buffer{};
    prepare_recv(*ring, 1, pair.fd(), buffer, 0);
    prepare_as(*ring, 2, [&](io_uring_sqe* sqe) {
        io_uring_prep_send(sqe, pair.fd(), data.data(), data.size(), MSG_WAITALL);
    });
    CHECK(nothing_completes(*ring));
    send_text(*net, pair, "ab");
    const ringlet::detail::completion received = next_completion(*ring);
    CHECK(received.user_data == 1);
    CHECK(received.result == 2);

    CHECK(take_from(*net, *ring, pair.peer(), data.size()) == data);
    const ringlet::detail::completion sent = next_completion(*ring);
    CHECK(sent.user_data == 2);
    CHECK(sent.result == static_cast<int>(data.size()));
}

}  // namespace tests::ring_conformance_receive_flags
