#include "catch.hpp"
#include "counted.hpp"

#include <ringlet/coro/detail/bounded_queue.hpp>

#include <deque>
#include <limits>
#include <memory>
#include <new>

namespace tests::coro_bounded_queue {

using ringlet::detail::bounded_queue;

TEST_CASE("a bounded queue is a FIFO, wherever in its memory it begins", "[coro]") {
    bounded_queue<std::unique_ptr<int>> queue(3);
    std::deque<int> expected;
    int next = 0;
    for (int round = 0; round < 20; ++round) {
        while (!queue.full()) {
            queue.push_back(std::make_unique<int>(next));
            expected.push_back(next++);
        }
        CHECK(queue.size() == queue.capacity());
        for (int count = round % 4; count > 0; --count) {
            CHECK(*queue.front() == expected.front());
            queue.pop_front();
            expected.pop_front();
        }
        CHECK(queue.size() == expected.size());
        CHECK(queue.empty() == expected.empty());
    }
}

TEST_CASE("a bounded queue destroys each item once, and makes none of its own", "[coro]") {
    counted::begin();
    {
        bounded_queue<counted> queue(4);
        CHECK(counted::alive() == 0);
        for (int i = 0; i < 6; ++i) {
            queue.push_back(counted(i));
            if (i % 2 == 0)
                queue.pop_front();
        }
        CHECK(counted::alive() == 3);
        CHECK(queue.front().number() == 3);
    }
    CHECK(counted::alive() == 0);
    CHECK(counted::strays() == 0);
}

TEST_CASE("a bounded queue that no memory can hold is refused", "[coro]") {
    CHECK_THROWS_AS(bounded_queue<int>(std::numeric_limits<std::size_t>::max()), std::bad_alloc);
}

}  // namespace tests::coro_bounded_queue
