#include "catch.hpp"
#include "scripted_stream.hpp"

#include <ringlet/net/detail/memory_pipe.hpp>
#include <ringlet/net/duplex_stream.hpp>
#include <ringlet/net/stream.hpp>

namespace tests::net_duplex_stream {

TEST_CASE("what receives, sends, ends its sending side and aborts is a duplex stream", "[net]") {
    STATIC_REQUIRE(ringlet::duplex_stream<ringlet::stream>);
    STATIC_REQUIRE_FALSE(ringlet::duplex_stream<ringlet::detail::memory_pipe>);
    STATIC_REQUIRE_FALSE(ringlet::duplex_stream<scripted_stream>);
    STATIC_REQUIRE_FALSE(ringlet::duplex_stream<const ringlet::stream>);
}

}  // namespace tests::net_duplex_stream
