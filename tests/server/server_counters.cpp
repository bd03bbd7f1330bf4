#include "catch.hpp"

#include <ringlet/server/server_counters.hpp>

#include <type_traits>

namespace tests::server_server_counters {

static_assert(std::is_trivially_copyable_v<ringlet::server_counters>);

TEST_CASE("a server that has done nothing has counted nothing", "[server]") {
    const ringlet::server_counters counters;
    CHECK(counters.accepted == 0);
    CHECK(counters.active == 0);
    CHECK(counters.children_lost == 0);
    CHECK(counters.failed.total() == 0);
}

TEST_CASE("the failures add up, whatever their cause", "[server]") {
    const ringlet::server_counters::failures failed{
        .timed_out = 1, .reset = 2, .cancelled = 4, .other = 8, .child_lost = 16};
    CHECK(failed.total() == 31);
}

}  // namespace tests::server_server_counters
