#include "catch.hpp"

#include <ringlet/ring/detail/submission_queue.hpp>

#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>
#include <cstring>

namespace tests::ring_submission_queue {

namespace {

constexpr unsigned capacity = 4;

bool is_zeroed(const io_uring_sqe& sqe) {
    std::array<std::byte, sizeof(sqe)> bytes{};
    std::memcpy(bytes.data(), &sqe, sizeof(sqe));
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{}; });
}

}  // namespace

TEST_CASE("a full submission queue gives no SQE until one is consumed", "[ring]") {
    std::array<io_uring_sqe, capacity> memory{};
    unsigned head = 0;
    ringlet::detail::submission_queue queue(memory.data(), capacity, &head);
    for (unsigned i = 0; i < capacity; ++i) {
        CHECK(queue.prepared() == i);
        REQUIRE(queue.next() == &memory[i]);
    }
    CHECK(queue.next() == nullptr);
    CHECK(queue.next() == nullptr);
    CHECK(queue.prepared() == capacity);
    CHECK(queue.tail() == capacity);

    ++head;
    CHECK(queue.prepared() == capacity - 1);
    CHECK(queue.next() == memory.data());
    CHECK(queue.next() == nullptr);
}

TEST_CASE("an SQE is zeroed, whatever its slot held before", "[ring]") {
    std::array<io_uring_sqe, capacity> memory{};
    std::memset(memory.data(), 0xff, sizeof(memory));
    unsigned head = 0;
    ringlet::detail::submission_queue queue(memory.data(), capacity, &head);
    io_uring_sqe* const sqe = queue.next();
    REQUIRE(sqe != nullptr);
    CHECK(is_zeroed(*sqe));
    CHECK_FALSE(is_zeroed(memory[1]));
}

TEST_CASE("a submission queue goes on where its 32-bit positions wrap around", "[ring]") {
    std::array<io_uring_sqe, capacity> memory{};
    unsigned head = UINT_MAX - 5;
    ringlet::detail::submission_queue queue(memory.data(), capacity, &head);
    CHECK(queue.prepared() == 0);
    for (int round = 0; round < 20; ++round) {
        for (unsigned i = 0; i < 3; ++i)
            REQUIRE(queue.next() == &memory[(head + i) % capacity]);
        REQUIRE(queue.prepared() == 3);
        head = queue.tail();
    }
    CHECK(head < 100);
}

}  // namespace tests::ring_submission_queue
