// What all reads have in common; the kinds have tests of their own.

#include "catch.hpp"
#include "net/feed.hpp"

#include <ringlet/net/detail/counted_read.hpp>
#include <ringlet/net/detail/delimited_read.hpp>
#include <ringlet/net/detail/transfer_read.hpp>

#include <array>
#include <string>

namespace tests::net_read_request {

using ringlet::detail::byte_buffer;
using ringlet::detail::counted_read;
using ringlet::detail::delimited_read;
using ringlet::detail::transfer_read;

TEST_CASE("a read asks for nothing where its answer is buffered", "[net]") {
    byte_buffer bytes(64);
    bytes.append("line\nexactly;rest");
    incoming none{""};
    std::array<char, 3> three{};
    CHECK(fed(delimited_read::line(bytes, 10), none) == "line");
    CHECK(fed(counted_read::exactly(bytes, 5, 10), none) == "exact");
    CHECK(fed(transfer_read::skip(bytes, 2), none) == 2);
    CHECK(fed(delimited_read::until(bytes, ";", 10), none) == "");
    CHECK(fed(counted_read::peek(bytes, 4, 10), none) == "rest");
    CHECK(fed(transfer_read::some(bytes, three), none) == 3);
    CHECK(none.receives() == 0);
    CHECK(bytes.view() == "t");
}

TEST_CASE("a read may look again though nothing has come, before and after its end", "[net]") {
    byte_buffer bytes(64);
    delimited_read request = delimited_read::line(bytes, 10);
    incoming from{"ab\ncd", 1};
    while (!request.attempt()) {
        CHECK_FALSE(request.attempt());
        request.received(from.receive(request.room()));
    }
    CHECK(request.attempt());
    CHECK_FALSE(request.failed());
    CHECK(request.take() == "ab");
}

TEST_CASE("an abandoned read gives nothing and has taken nothing", "[net]") {
    byte_buffer bytes(64);
    bytes.append("ab\n");
    const auto abandoned = [](auto request) {
        static_cast<void>(request.attempt());
        request.abandon();
        return request.take();
    };
    std::array<char, 8> into{};
    CHECK_FALSE(abandoned(delimited_read::line(bytes, 10)).has_value());
    CHECK(abandoned(counted_read::exactly(bytes, 3, 10)).empty());
    CHECK(abandoned(transfer_read::exactly(bytes, into)) == 0);
    CHECK(bytes.view() == "ab\n");
}

TEST_CASE("that the stream has ended is asked for once", "[net]") {
    byte_buffer bytes(64);
    incoming from{"a"};
    CHECK(fed(counted_read::all(bytes, 10), from) == "a");
    CHECK_FALSE(fed(delimited_read::line(bytes, 10), from).has_value());
    CHECK(fed(counted_read::peek(bytes, 1, 10), from).empty());
    CHECK(from.receives() == 2);
}

}  // namespace tests::net_read_request
