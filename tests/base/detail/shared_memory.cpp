#include "captured_stderr.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "forked_child.hpp"
#include "leftovers.hpp"

#include "base/detail/shared_memory.hpp"

#include <ringlet/base/log_throttle.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::base_shared_memory {

using namespace std::chrono_literals;
using ringlet::detail::shared_memory;

namespace {

/// Waits for another process to store `value`; throws after the time limit.
void await(const std::atomic<std::int64_t>& stored, std::int64_t value) {
    if (!eventually([&] { return stored == value; }))
        throw std::runtime_error("waited in vain for a number");
}

/// Counts those of its kind that there are.
class counted_object {
public:
    /// Throws where there are `most` already.
    counted_object(int* alive, int most) : alive_(alive) {
        if (*alive == most)
            throw std::runtime_error("no more");
        ++*alive;
    }
    counted_object(const counted_object&) = delete;
    counted_object& operator=(const counted_object&) = delete;
    ~counted_object() { --*alive_; }

private:
    int* alive_;
};

}  // namespace

TEST_CASE("what a forked child stores its parent reads, and the other way round", "[base]") {
    const shared_memory<std::atomic<std::int64_t>> grace(1, -1);
    forked_child child([&] {
        const bool inherited = *grace == -1;
        *grace = 5;
        await(*grace, 6);
        return inherited ? 0 : 1;
    });
    await(*grace, 5);
    *grace = 6;
    CHECK(child.wait().exited_with(0));
}

TEST_CASE("there are as many objects as were asked for, each made from the arguments", "[base]") {
    const shared_memory<std::atomic<int>> numbers(1000, 7);
    CHECK(numbers.size() == 1000);
    CHECK(std::ranges::all_of(numbers, [](const auto& number) { return number == 7; }));
    numbers[999] = 8;
    CHECK(numbers.begin()->load() == 7);
    CHECK((numbers.end() - 1)->load() == 8);
}

TEST_CASE("the memory is given back, and the objects in it are destroyed", "[base]") {
    const std::size_t before = shared_mappings();
    int alive = 0;
    {
        const shared_memory<counted_object> objects(3, &alive, 3);
        CHECK(alive == 3);
        CHECK(shared_mappings() == before + 1);
    }
    CHECK(alive == 0);
    CHECK(shared_mappings() == before);
}

TEST_CASE("where one of the objects cannot be made nothing is left of the others", "[base]") {
    const std::size_t before = shared_mappings();
    int alive = 0;
    CHECK_THROWS_WITH(shared_memory<counted_object>(4, &alive, 3), "no more");
    CHECK(alive == 0);
    CHECK(shared_mappings() == before);
}

TEST_CASE("what is shared is destroyed where it was made, not in a child", "[base]") {
    const shared_memory<int> alive(1, 0);
    std::optional<shared_memory<counted_object>> objects(std::in_place, 2, &*alive, 2);
    CHECK(run_in_child([&] {
              objects.reset();
              return *alive;
          }).exited_with(2));
    CHECK(*alive == 2);
    objects.reset();
    CHECK(*alive == 0);
}

TEST_CASE("no memory, and more than there can be, is refused", "[base]") {
    CHECK_THROWS_AS(shared_memory<int>(0), std::system_error);
    CHECK_THROWS_WITH(shared_memory<int>(std::size_t{1} << 60U), StartsWith("mmap: "));
    CHECK_THROWS_AS(shared_memory<int>(std::numeric_limits<std::size_t>::max() / 2),
                    std::bad_array_new_length);
}

TEST_CASE("forked children that share a throttle cannot flood the log together", "[base]") {
    const captured_stderr errors;
    constexpr int children = 8;
    constexpr int each = 10;
    {
        const shared_memory<ringlet::log_throttle> failures(
            1, ringlet::log_level::error, "failed",
            ringlet::log_throttle_options{.burst = 3, .interval = 1h});
        for (int i = 0; i < children; ++i)
            CHECK(run_in_child([&] {
                      for (int event = 0; event < each; ++event)
                          failures->report();
                      return 0;
                  }).text == (i == 0 ? "ringlet: failed level=error\nringlet: failed "
                                       "level=error\nringlet: failed level=error\n"
                                     : ""));
    }
    CHECK(errors.text() ==
          "ringlet: failed level=error suppressed=" + std::to_string(children * each - 3) + "\n");
}

}  // namespace tests::base_shared_memory
