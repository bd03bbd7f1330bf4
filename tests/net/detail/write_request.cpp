#include "catch.hpp"

#include <ringlet/net/detail/gathered_write.hpp>

#include <string>

namespace tests::net_write_request {

using ringlet::const_buffer;
using ringlet::detail::byte_buffer;

namespace {

using flushing = ringlet::detail::gathered_write<const_buffer, 0>;
using writing = ringlet::detail::gathered_write<const_buffer, 1>;

/// What would be sent, with a bar between the buffers.
std::string listed(ringlet::detail::write_request& request) {
    std::string text;
    for (const const_buffer& each : request.list())
        text.append(static_cast<const char*>(each.data()), each.size()).append("|");
    return text;
}

}  // namespace

TEST_CASE("what is written is buffered as long as there is room", "[net]") {
    byte_buffer bytes(8);
    CHECK(writing(bytes, "abc").attempt());
    CHECK(writing(bytes, "").attempt());
    CHECK(writing(bytes, "defgh").attempt());
    CHECK(bytes.view() == "abcdefgh");
    CHECK(bytes.capacity() == 8);
    writing more(bytes, "i");
    CHECK_FALSE(more.attempt());
    CHECK(bytes.view() == "abcdefgh");
    CHECK(listed(more) == "abcdefgh|i|");
    CHECK(writing(bytes, "").attempt());
}

TEST_CASE("what is too large for the buffer is listed alone where nothing is buffered", "[net]") {
    byte_buffer bytes(8);
    writing large(bytes, "abcdefghi");
    CHECK_FALSE(large.attempt());
    CHECK(listed(large) == "abcdefghi|");
    CHECK(bytes.capacity() == 0);
}

TEST_CASE("without a buffer nothing stays", "[net]") {
    byte_buffer bytes(0);
    CHECK_FALSE(writing(bytes, "a").attempt());
    CHECK(writing(bytes, "").attempt());
    CHECK(bytes.capacity() == 0);
}

TEST_CASE("a flush has something to do where something is buffered", "[net]") {
    byte_buffer bytes(8);
    flushing nothing(bytes);
    CHECK(nothing.attempt());
    CHECK(listed(nothing).empty());
    bytes.append("abc");
    flushing something(bytes);
    CHECK_FALSE(something.attempt());
    CHECK(listed(something) == "abc|");
    CHECK(bytes.view() == "abc");
}

}  // namespace tests::net_write_request
