#include "catch.hpp"

#include <ringlet/net/detail/gathered_write.hpp>
#include <ringlet/net/detail/print_piece.hpp>

#include <string>
#include <type_traits>

namespace tests::net_gathered_write {

using ringlet::const_buffer;
using ringlet::detail::byte_buffer;
using ringlet::detail::gathered_write;
using ringlet::detail::print_piece;

// It refers to itself.
static_assert(!std::is_copy_constructible_v<gathered_write<const_buffer, 1>>);
static_assert(!std::is_aggregate_v<gathered_write<print_piece, 3>>);

TEST_CASE("several pieces are written in their order, or not at all", "[net]") {
    byte_buffer bytes(12);
    using pieces = gathered_write<print_piece, 4>;
    CHECK(pieces(bytes, "one ", 2, ' ', 3.5).attempt());
    CHECK(bytes.view() == "one 2 3.5");
    const std::string five = "five";
    pieces more(bytes, "four", ' ', five, true);
    CHECK_FALSE(more.attempt());
    CHECK(bytes.view() == "one 2 3.5");
    std::string listed;
    for (const const_buffer& each : more.list())
        listed.append(static_cast<const char*>(each.data()), each.size()).append("|");
    CHECK(listed == "one 2 3.5|four| |five|true|");
}

}  // namespace tests::net_gathered_write
