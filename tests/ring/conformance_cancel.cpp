#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <poll.h>

namespace {

constexpr std::uint64_t target = 1;
constexpr std::uint64_t canceller = 2;

void prepare_cancel(ringlet::ring& ring) {
    prepare_as(ring, canceller, [](io_uring_sqe* sqe) { io_uring_prep_cancel64(sqe, target, 0); });
}

}  // namespace

TEST_CASE("a cancel completes, and so does its target", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const connected_pair pair = unix_pair();
    char byte = 0;
    prepare_as(*ring, target,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, pair.fd(), &byte, 1, 0); });
    prepare_cancel(*ring);  // it finds its target in the same batch
    const auto results = next_results(*ring, 2);
    REQUIRE(results.size() == 2);
    CHECK(results.at(canceller) == 0);
    CHECK(results.at(target) == -ECANCELED);
}

TEST_CASE("a cancel that comes too late finds nothing, and its target keeps its result", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const connected_pair pair = unix_pair();
    REQUIRE(::send(pair.peer(), "x", 1, 0) == 1);
    char byte = 0;
    prepare_as(*ring, target,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, pair.fd(), &byte, 1, 0); });
    prepare_cancel(*ring);
    const auto results = next_results(*ring, 2);
    REQUIRE(results.size() == 2);
    CHECK(results.at(canceller) == -ENOENT);
    CHECK(results.at(target) == 1);
}

TEST_CASE("one cancel ends everything in flight", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const connected_pair pair = unix_pair();
    constexpr int count = 20;
    for (int i = 0; i < count; ++i)
        prepare_as(*ring, target,
                   [&](io_uring_sqe* sqe) { io_uring_prep_poll_add(sqe, pair.fd(), POLLIN); });
    prepare_as(*ring, canceller, [](io_uring_sqe* sqe) {
        io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    });
    int ended = 0;
    for (int i = 0; i < count + 1; ++i) {
        const ringlet::completion cqe = next_completion(*ring);
        if (cqe.user_data == target)
            ended += cqe.result == -ECANCELED ? 1 : 0;
        else
            CHECK(cqe.result == count);
    }
    CHECK(ended == count);
}
