#include "catch.hpp"
#include "scripted_stream.hpp"

#include <ringlet/net/detail/memory_pipe.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/net/writable_stream.hpp>

namespace tests::net_writable_stream {

using ringlet::const_buffer;

namespace {

struct void_stream {
    ringlet::task<> send_all(const_buffer from);
};

struct blocking_stream {
    std::size_t send_all(const_buffer from);
};

}  // namespace

TEST_CASE("what sends bytes and can be awaited is a stream to write to", "[net]") {
    STATIC_REQUIRE(ringlet::writable_stream<ringlet::stream>);
    STATIC_REQUIRE(ringlet::writable_stream<ringlet::detail::memory_pipe>);
    STATIC_REQUIRE(ringlet::writable_stream<void_stream>);
    STATIC_REQUIRE_FALSE(ringlet::writable_stream<blocking_stream>);
    STATIC_REQUIRE_FALSE(ringlet::writable_stream<scripted_stream>);
    STATIC_REQUIRE_FALSE(ringlet::writable_stream<const ringlet::stream>);
}

TEST_CASE("a stream that can send several buffers at one go is known by that", "[net]") {
    STATIC_REQUIRE(ringlet::detail::gathers<ringlet::stream>);
    STATIC_REQUIRE_FALSE(ringlet::detail::gathers<void_stream>);
}

}  // namespace tests::net_writable_stream
