#include "catch.hpp"

#include <ringlet/testing/random_source.hpp>

#include <algorithm>
#include <chrono>
#include <vector>

namespace tests::testing_random_source {

using namespace std::chrono_literals;
using ringlet::testing::random_source;

TEST_CASE("a seed gives one sequence, and each name another", "[testing]") {
    const auto drawn = [](random_source source) {
        std::vector<std::uint64_t> numbers(100);
        std::ranges::generate(numbers, std::ref(source));
        return numbers;
    };
    CHECK(drawn(random_source(7)) == drawn(random_source(7)));
    CHECK(drawn(random_source(7)) != drawn(random_source(8)));
    CHECK(drawn(random_source(7, "client")) != drawn(random_source(7, "server")));
    CHECK(random_source(1)() == 0x20163e00ad8302a6);  // on every machine
}

TEST_CASE("what is drawn lies within its limits, and reaches them", "[testing]") {
    random_source source(1);
    std::vector<std::uint64_t> counts(4);
    bool least = false;
    bool most = false;
    int heads = 0;
    for (int i = 0; i < 1000; ++i) {
        ++counts.at(source.below(4));
        const auto time = source.between(1ns, 3ns);
        CHECK(time >= 1ns);
        CHECK(time <= 3ns);
        least |= time == 1ns;
        most |= time == 3ns;
        heads += source.chance(0.25) ? 1 : 0;
    }
    CHECK(std::ranges::all_of(counts, [](std::uint64_t count) { return count > 150; }));
    CHECK(least);
    CHECK(most);
    CHECK(heads > 150);
    CHECK(heads < 350);
}

TEST_CASE("a probability of 0 draws nothing", "[testing]") {
    random_source one(5);
    random_source other(5);
    CHECK_FALSE(one.chance(0));
    CHECK(one() == other());
}

}  // namespace tests::testing_random_source
