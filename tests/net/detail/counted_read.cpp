#include "catch.hpp"
#include "net/feed.hpp"

#include <ringlet/net/detail/counted_read.hpp>

#include <string>

namespace tests::net_counted_read {

using ringlet::stream_errc;
using ringlet::detail::byte_buffer;
using ringlet::detail::counted_read;

namespace {

constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

std::error_code failure_of(counted_read request, incoming& from) {
    feed(request, from);
    CHECK(request.take().empty());
    return request.error();
}

}  // namespace

TEST_CASE("counted reads are the same however the input is split", "[net]") {
    const std::string_view input = "abcdefghij";
    for (unsigned cuts = 0; cuts < 1U << (input.size() - 1); ++cuts)
        for (const std::size_t buffer_size : {0U, 1U, 4U, 64U}) {
            byte_buffer bytes(buffer_size);
            incoming from{input, unlimited, cuts};
            std::string read;
            for (const std::size_t size : {3U, 0U, 1U, 4U})
                read.append(fed(counted_read::peek(bytes, size, 8), from))
                    .append("<")
                    .append(fed(counted_read::exactly(bytes, size, 8), from))
                    .append(" ");
            read += fed(counted_read::all(bytes, 2), from);
            if (read != "abc<abc < d<d efgh<efgh ij") {
                INFO("cuts " << cuts << ", buffer size " << buffer_size);
                CHECK(read == "abc<abc < d<d efgh<efgh ij");
            }
        }
}

TEST_CASE("a peek yields what there is where the stream ends, and takes nothing", "[net]") {
    byte_buffer bytes(4);
    incoming from{"abc"};
    CHECK(fed(counted_read::peek(bytes, 5, 5), from) == "abc");
    CHECK(fed(counted_read::peek(bytes, 2, 5), from) == "ab");
    CHECK(fed(counted_read::exactly(bytes, 3, 5), from) == "abc");
    CHECK(fed(counted_read::peek(bytes, 5, 5), from).empty());
}

TEST_CASE("too few bytes are an early end, and stay", "[net]") {
    byte_buffer bytes(4);
    incoming from{"abc"};
    CHECK(failure_of(counted_read::exactly(bytes, 4, 4), from) == stream_errc::end_of_stream);
    CHECK(fed(counted_read::exactly(bytes, 3, 4), from) == "abc");
    CHECK(failure_of(counted_read::exactly(bytes, 1, 4), from) == stream_errc::end_of_stream);
    CHECK(fed(counted_read::exactly(bytes, 0, 4), from).empty());
}

TEST_CASE("a count beyond the maximum is refused before anything is received", "[net]") {
    byte_buffer bytes(4);
    incoming from{"abc"};
    CHECK(failure_of(counted_read::exactly(bytes, unlimited, 4), from) == stream_errc::too_long);
    CHECK(failure_of(counted_read::peek(bytes, 5, 4), from) == stream_errc::too_long);
    CHECK(from.receives() == 0);
    CHECK(bytes.capacity() == 0);
}

TEST_CASE("all up to the end may be as long as the maximum", "[net]") {
    for (const std::size_t buffer_size : {0U, 1U, 4U, 64U}) {
        byte_buffer bytes(buffer_size);
        incoming from{"abcde"};
        CHECK(failure_of(counted_read::all(bytes, 4), from) == stream_errc::too_long);
        CHECK(fed(counted_read::all(bytes, 5), from) == "abcde");
        CHECK(fed(counted_read::all(bytes, 5), from).empty());
        CHECK(fed(counted_read::all(bytes, 0), from).empty());
    }
    byte_buffer bytes(64);
    const std::string input(100'000, 'x');
    incoming from{input};
    CHECK(fed(counted_read::all(bytes, unlimited), from) == input);
    CHECK(from.receives() < 20);
}

}  // namespace tests::net_counted_read
