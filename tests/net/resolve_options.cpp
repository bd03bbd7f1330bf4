#include "catch.hpp"

#include <ringlet/net/resolve.hpp>

#include <type_traits>

namespace tests::net_resolve_options {

// It is made in co_await expressions: see net/temporaries.cpp.
static_assert(std::is_trivially_destructible_v<ringlet::resolve_options>);

TEST_CASE("names are resolved for both families by default, in the pool for look-ups", "[net]") {
    const ringlet::resolve_options options;
    CHECK(options.family == AF_UNSPEC);
    CHECK(options.pool == nullptr);
}

}  // namespace tests::net_resolve_options
