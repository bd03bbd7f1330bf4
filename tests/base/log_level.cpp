#include "catch.hpp"

#include <ringlet/base/log.hpp>

namespace tests::base_log_level {

using ringlet::log_level;

TEST_CASE("levels are ordered by how much they matter", "[base]") {
    CHECK(log_level::debug < log_level::info);
    CHECK(log_level::info < log_level::warning);
    CHECK(log_level::warning < log_level::error);
}

}  // namespace tests::base_log_level
