#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <map>

namespace tests::ring_conformance_cancel {

namespace {

constexpr std::uint64_t target = 1;
constexpr std::uint64_t canceller = 2;

void prepare_cancel(ringlet::ring& ring) {
    prepare_as(ring, canceller, [](io_uring_sqe* sqe) { io_uring_prep_cancel64(sqe, target, 0); });
}

int next_result_of(ringlet::ring& ring, std::uint64_t user_data) {
    const ringlet::detail::completion cqe = next_completion(ring);
    CHECK(cqe.user_data == user_data);
    return cqe.result;
}

/// As next_results, where several may bear the same user data.
std::multimap<std::uint64_t, int> next_of_all(ringlet::ring& ring, int count) {
    std::multimap<std::uint64_t, int> results;
    for (int i = 0; i < count; ++i) {
        const ringlet::detail::completion cqe = next_completion(ring);
        results.emplace(cqe.user_data, cqe.result);
    }
    return results;
}

void prepare_poll(ringlet::ring& ring, std::uint64_t user_data, int fd) {
    prepare_as(ring, user_data,
               [&](io_uring_sqe* sqe) { io_uring_prep_poll_add(sqe, fd, POLLIN); });
}

int result_of_cancel(ringlet::ring& ring, std::uint64_t named, unsigned flags) {
    prepare_as(ring, canceller, [&](io_uring_sqe* sqe) {
        io_uring_prep_cancel64(sqe, named, static_cast<int>(flags));
    });
    return next_result_of(ring, canceller);
}

int result_of_cancel_fd(ringlet::ring& ring, int fd, unsigned flags) {
    prepare_as(ring, canceller,
               [&](io_uring_sqe* sqe) { io_uring_prep_cancel_fd(sqe, fd, flags); });
    return next_result_of(ring, canceller);
}

}  // namespace

TEST_CASE("a cancel completes, and so does its target", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
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
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    REQUIRE(net->send(pair.peer(), "x") == 1);
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
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    constexpr int count = 20;
    for (int i = 0; i < count; ++i)
        prepare_as(*ring, target,
                   [&](io_uring_sqe* sqe) { io_uring_prep_poll_add(sqe, pair.fd(), POLLIN); });
    prepare_as(*ring, canceller, [](io_uring_sqe* sqe) {
        io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    });
    int ended = 0;
    for (int i = 0; i < count + 1; ++i) {
        const ringlet::detail::completion cqe = next_completion(*ring);
        if (cqe.user_data == target)
            ended += cqe.result == -ECANCELED ? 1 : 0;
        else
            CHECK(cqe.result == count);
    }
    CHECK(ended == count);
}

TEST_CASE("a cancel that names nothing in flight gives ENOENT", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    CHECK(result_of_cancel(*ring, target, 0) == -ENOENT);
    CHECK(result_of_cancel(*ring, target, IORING_ASYNC_CANCEL_ALL) == 0);
    CHECK(result_of_cancel(*ring, 0, IORING_ASYNC_CANCEL_ANY) == 0);
    CHECK(result_of_cancel_fd(*ring, pair.fd(), 0) == -ENOENT);
    CHECK(result_of_cancel_fd(*ring, pair.fd(), IORING_ASYNC_CANCEL_ALL) == 0);
    CHECK(result_of_cancel_fd(*ring, -1, 0) == -EBADF);
    CHECK(result_of_cancel_fd(*ring, 1'000'000, IORING_ASYNC_CANCEL_ALL) == -EBADF);
}

TEST_CASE("a cancel ends one of those that it names, or with ALL every one", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    for (int i = 0; i < 5; ++i)
        prepare_poll(*ring, target, pair.fd());
    prepare_poll(*ring, target + 10, pair.fd());
    CHECK(nothing_completes(*ring));
    CHECK(cancel(*ring, target) == cancelled);
    CHECK(nothing_completes(*ring));
    prepare_as(*ring, canceller, [](io_uring_sqe* sqe) {
        io_uring_prep_cancel64(sqe, target, IORING_ASYNC_CANCEL_ALL);
    });
    const std::multimap<std::uint64_t, int> ended = next_of_all(*ring, 5);
    CHECK(ended.count(target) == 4);
    CHECK(ended.find(canceller)->second == 4);
    CHECK(nothing_completes(*ring));
    CHECK(cancel(*ring, target + 10) == cancelled);
}

TEST_CASE("a cancel by descriptor ends what waits there, and nothing else", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    char byte = 0;
    prepare_poll(*ring, 10, pair.fd());
    prepare_as(*ring, 11,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, pair.fd(), &byte, 1, 0); });
    prepare_poll(*ring, 12, pair.peer());
    CHECK(nothing_completes(*ring));
    prepare_as(*ring, canceller, [&](io_uring_sqe* sqe) {
        io_uring_prep_cancel_fd(sqe, pair.fd(), IORING_ASYNC_CANCEL_ALL);
    });
    CHECK(next_results(*ring, 3) ==
          std::map<std::uint64_t, int>{{10, -ECANCELED}, {11, -ECANCELED}, {canceller, 2}});
    CHECK(nothing_completes(*ring));
    CHECK(cancel(*ring, 12) == cancelled);
}

TEST_CASE("a cancel by descriptor finds what waits at its file", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    prepare_poll(*ring, 12, pair.peer());
    CHECK(nothing_completes(*ring));
    const int duplicate = ::dup(pair.peer());
    prepare_as(*ring, canceller,
               [&](io_uring_sqe* sqe) { io_uring_prep_cancel_fd(sqe, duplicate, 0); });
    if (tested.diverges.cancels_by_number) {
        CHECK(next_completion(*ring).result == -ENOENT);
        prepare_as(*ring, canceller,
                   [&](io_uring_sqe* sqe) { io_uring_prep_cancel_fd(sqe, pair.peer(), 0); });
    }
    CHECK(next_results(*ring, 2) == std::map<std::uint64_t, int>{{12, -ECANCELED}, {canceller, 0}});
    ::close(duplicate);
}

TEST_CASE("one cancel ends everything, whatever it waits for", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    const ringlet::socket listener = net->tcp_listener();
    const int event = ::eventfd(0, EFD_CLOEXEC);
    std::uint64_t count = 0;
    char byte = 0;
    __kernel_timespec hour{.tv_sec = 3600, .tv_nsec = 0};
    prepare_poll(*ring, 10, pair.fd());
    prepare_as(*ring, 11,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, pair.fd(), &byte, 1, 0); });
    prepare_as(*ring, 12, [&](io_uring_sqe* sqe) {
        io_uring_prep_multishot_accept(sqe, listener.native_handle(), nullptr, nullptr, 0);
    });
    prepare_as(*ring, 13, [&](io_uring_sqe* sqe) {
        io_uring_prep_read(sqe, event, &count, sizeof(count), 0);
    });
    std::map<std::uint64_t, int> expected{
        {canceller, 4}, {10, -ECANCELED}, {11, -ECANCELED}, {12, -ECANCELED}, {13, -ECANCELED}};
    if (tested.has.timeouts) {
        prepare_as(*ring, 14, [&](io_uring_sqe* sqe) { io_uring_prep_timeout(sqe, &hour, 0, 0); });
        expected[14] = -ECANCELED;
        expected[canceller] = 5;
    }
    CHECK(nothing_completes(*ring));
    prepare_as(*ring, canceller, [](io_uring_sqe* sqe) {
        io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    });
    CHECK(next_results(*ring, static_cast<int>(expected.size())) == expected);
    ::close(event);
}

}  // namespace tests::ring_conformance_cancel
