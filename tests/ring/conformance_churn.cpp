#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"
#include "descriptor_limit.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace tests::ring_conformance_churn {

namespace {

/// A receive of one byte that waits.
struct idle_receive {
    connected_pair pair;
    char byte = 0;
};

std::vector<idle_receive> idle_pairs(sockets& net, std::size_t count) {
    std::vector<idle_receive> made(count);
    for (idle_receive& each : made)
        each.pair = net.unix_pair();
    return made;
}

void prepare_recv(ringlet::ring& ring, std::uint64_t user_data, int fd, char& byte) {
    prepare_as(ring, user_data,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, fd, &byte, 1, 0); });
}

bool send_byte(sockets& net, int fd, char byte) {
    return net.send(fd, {&byte, 1}, MSG_DONTWAIT) == 1;
}

void close_descriptor(ringlet::ring& ring, ringlet::socket& closed, bool by_ring) {
    if (!by_ring) {
        closed = ringlet::socket();
        return;
    }
    REQUIRE(result_of(ring,
                      [&](io_uring_sqe* sqe) { io_uring_prep_close(sqe, closed.release()); }) == 0);
}

/// Bytes that this program has allocated.
std::size_t allocated() {
    const auto now = ::mallinfo2();
    return now.uordblks + now.hblkhd;  // the latter in pieces of their own
}

}  // namespace

TEST_CASE("a number that is opened again has nothing of the file that was closed", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    constexpr std::uint64_t first_idle = 100;
    std::vector<idle_receive> idle = idle_pairs(*net, 16);
    for (std::size_t i = 0; i < idle.size(); ++i)
        prepare_recv(*ring, first_idle + i, idle[i].pair.fd(), idle[i].byte);
    int reused = 0;
    for (int round = 0; round < 3'000; ++round) {
        CAPTURE(round);
        connected_pair before = net->unix_pair();
        const int number = before.fd();
        char byte = 0;
        prepare_recv(*ring, 1, number, byte);
        REQUIRE(nothing_completes(*ring));
        REQUIRE(cancel(*ring, 1) == cancelled);
        ringlet::socket duplicate;  // keeps the file, and what epoll knows of it
        if (round % 2 == 0)
            duplicate = owned_socket(::dup(number), "dup");
        close_descriptor(*ring, before.one, round % 4 < 2);

        const connected_pair after = net->unix_pair();
        reused += after.fd() == number ? 1 : 0;
        prepare_recv(*ring, 2, after.fd(), byte);
        REQUIRE(nothing_completes(*ring));
        REQUIRE(send_byte(*net, before.peer(), 'o') == (round % 2 == 0));
        REQUIRE(nothing_completes(*ring));
        REQUIRE(send_byte(*net, after.peer(), 'n'));
        const ringlet::detail::completion cqe = next_completion(*ring);
        REQUIRE(cqe.user_data == 2);
        REQUIRE(cqe.result == 1);
        REQUIRE(byte == 'n');
    }
    CHECK(reused == 3'000);
    for (std::size_t i = 0; i < idle.size(); ++i) {
        REQUIRE(send_byte(*net, idle[i].pair.peer(), 'i'));
        CHECK(next_results(*ring, 1) == std::map<std::uint64_t, int>{{first_idle + i, 1}});
        CHECK(idle[i].byte == 'i');
    }
    CHECK(nothing_completes(*ring));
}

TEST_CASE("a wait on a new file is not taken for one on the old file of its number", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    for (int round = 0; round < 100; ++round) {
        connected_pair before = net->unix_pair();
        const int number = before.fd();
        char old_byte = 0;
        prepare_recv(*ring, 1, number, old_byte);
        REQUIRE(nothing_completes(*ring));
        close_descriptor(*ring, before.one, round % 2 == 0);  // with the receive in flight
        const connected_pair after = net->unix_pair();
        REQUIRE(after.fd() == number);
        char byte = 0;
        prepare_recv(*ring, 2, number, byte);
        REQUIRE(nothing_completes(*ring));
        REQUIRE(send_byte(*net, after.peer(), 'n'));
        REQUIRE(next_results(*ring, 1) == std::map<std::uint64_t, int>{{2, 1}});
        REQUIRE(byte == 'n');
        REQUIRE(cancel(*ring, 1) == cancelled);
        REQUIRE(old_byte == 0);
    }
}

TEST_CASE("10,000 idle connections cost little, and one that gets something goes on", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    constexpr std::size_t bytes_max = 512;  // for each
    const rlim_t ceiling = descriptor_limit::ceiling();
    const descriptor_limit raised(ceiling);
    const std::size_t count =
        std::min<std::size_t>(10'000, (static_cast<std::size_t>(ceiling) - 100) / 2);
    CAPTURE(count);
    const auto [net, ring] = tested.make();
    std::vector<idle_receive> idle = idle_pairs(*net, count);
    const std::size_t before = allocated();
    for (std::size_t i = 0; i < count; ++i)
        prepare_recv(*ring, i, idle[i].pair.fd(), idle[i].byte);
    REQUIRE(nothing_completes(*ring));
    const std::size_t bytes = allocated() - before;
    CAPTURE(bytes);
    CHECK(bytes < count * bytes_max);
    REQUIRE(nothing_completes(*ring));

    std::vector<bool> ended(count);
    for (const std::size_t i : {count - 1, std::size_t{0}, count / 2}) {
        REQUIRE(send_byte(*net, idle[i].pair.peer(), 'x'));
        CHECK(next_results(*ring, 1) == std::map<std::uint64_t, int>{{i, 1}});
        CHECK(idle[i].byte == 'x');
        ended[i] = true;
    }
    CHECK(nothing_completes(*ring));
    prepare_as(*ring, count, [](io_uring_sqe* sqe) {
        io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    });
    std::size_t cancelled_count = 0;
    for (std::size_t i = 0; i < count - 3 + 1; ++i) {
        const ringlet::detail::completion cqe = next_completion(*ring);
        if (cqe.user_data == count) {
            CHECK(cqe.result == static_cast<int>(count) - 3);
        } else if (cqe.result == -ECANCELED && !ended[cqe.user_data]) {
            ended[cqe.user_data] = true;
            ++cancelled_count;
        }
    }
    CHECK(cancelled_count == count - 3);
    CHECK(nothing_completes(*ring));
}

}  // namespace tests::ring_conformance_churn
