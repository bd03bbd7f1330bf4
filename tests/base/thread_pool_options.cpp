#include "catch.hpp"

#include <ringlet/base/thread_pool.hpp>

#include <stdexcept>
#include <type_traits>

namespace tests::base_thread_pool_options {

static_assert(std::is_trivially_destructible_v<ringlet::thread_pool_options>);

TEST_CASE("a pool without threads is refused", "[base]") {
    CHECK_THROWS_AS(ringlet::thread_pool({.threads_max = 0}), std::invalid_argument);
    CHECK_NOTHROW(ringlet::thread_pool({.threads_max = 1, .waiting_max = 0}));
}

}  // namespace tests::base_thread_pool_options
