#include "catch.hpp"

#include <ringlet/ring/detail/completion_queue.hpp>

#include <array>
#include <climits>
#include <cstddef>

namespace tests::ring_completion_queue {

namespace {

constexpr unsigned capacity = 4;

/// The producer's side of a completion queue, in memory that belongs to no ring.
struct plain_memory {
    explicit plain_memory(unsigned position) : head(position), tail(position) {}

    void produce(std::uint64_t user_data, int result = 0, unsigned flags = 0) {
        io_uring_cqe& cqe = entries()[tail++ % capacity];
        cqe.user_data = user_data;
        cqe.res = result;
        cqe.flags = flags;
    }
    io_uring_cqe* entries() { return reinterpret_cast<io_uring_cqe*>(bytes.data()); }

    unsigned head;
    unsigned tail;
    alignas(io_uring_cqe) std::array<std::byte, capacity * sizeof(io_uring_cqe)> bytes{};
};

}  // namespace

TEST_CASE("completions come out whole and in order", "[ring]") {
    plain_memory memory(0);
    ringlet::detail::completion_queue queue(memory.entries(), capacity, &memory.head, &memory.tail);
    CHECK(queue.ready() == 0);

    memory.produce(7, -ECANCELED, IORING_CQE_F_MORE);
    memory.produce(8, 42);
    CHECK(queue.ready() == 2);

    const ringlet::detail::completion first = queue.pop();
    CHECK(first.user_data == 7);
    CHECK(first.result == -ECANCELED);
    CHECK(first.flags == IORING_CQE_F_MORE);
    CHECK(memory.head == 1);  // the producer may use the slot again
    CHECK(queue.pop().result == 42);
    CHECK(queue.ready() == 0);
}

TEST_CASE("a completion queue goes on where its 32-bit positions wrap around", "[ring]") {
    constexpr unsigned shortly_before = UINT_MAX - 5;
    plain_memory memory(shortly_before);
    ringlet::detail::completion_queue queue(memory.entries(), capacity, &memory.head, &memory.tail);
    for (std::uint64_t round = 0; round < 20; ++round) {
        memory.produce(3 * round);
        memory.produce(3 * round + 1);
        memory.produce(3 * round + 2);
        REQUIRE(queue.ready() == 3);
        REQUIRE(queue.pop().user_data == 3 * round);
        REQUIRE(queue.pop().user_data == 3 * round + 1);
        REQUIRE(queue.pop().user_data == 3 * round + 2);
    }
    CHECK(memory.tail < shortly_before);
}

TEST_CASE("a completion queue tells of what enter has to collect, where its producer does",
          "[ring]") {
    plain_memory memory(0);
    unsigned flags = 0;
    const ringlet::detail::completion_queue told(memory.entries(), capacity, &memory.head,
                                                 &memory.tail, &flags);
    CHECK(told.observable());
    CHECK_FALSE(told.uncollected());
    for (const unsigned flag : {IORING_SQ_TASKRUN, IORING_SQ_CQ_OVERFLOW}) {
        flags = flag;
        CHECK(told.uncollected());
    }
    flags = IORING_SQ_NEED_WAKEUP;
    CHECK_FALSE(told.uncollected());

    const ringlet::detail::completion_queue untold(memory.entries(), capacity, &memory.head,
                                                   &memory.tail);
    CHECK_FALSE(untold.observable());
    CHECK(untold.uncollected());
}

TEST_CASE("a full completion queue is ready to its last entry", "[ring]") {
    plain_memory memory(UINT_MAX);
    ringlet::detail::completion_queue queue(memory.entries(), capacity, &memory.head, &memory.tail);
    for (std::uint64_t i = 0; i < capacity; ++i)
        memory.produce(i);
    CHECK(queue.ready() == capacity);
    for (std::uint64_t i = 0; i < capacity; ++i)
        CHECK(queue.pop().user_data == i);
}

}  // namespace tests::ring_completion_queue
