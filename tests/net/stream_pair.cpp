#include "catch.hpp"

#include <ringlet/net/stream_pair.hpp>

#include <stdexcept>

using ringlet::stream_pair;

TEST_CASE("a pair of no capacity is refused", "[net]") {
    CHECK_THROWS_AS(stream_pair(0), std::invalid_argument);
}
