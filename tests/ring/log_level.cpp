#include "catch.hpp"

#include <ringlet/ring/log_level.hpp>

using ringlet::log_level;

TEST_CASE("levels are ordered by how much they matter", "[ring]") {
    CHECK(log_level::debug < log_level::info);
    CHECK(log_level::info < log_level::warning);
    CHECK(log_level::warning < log_level::error);
}
