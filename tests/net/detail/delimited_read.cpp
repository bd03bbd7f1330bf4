#include "catch.hpp"
#include "net/feed.hpp"

#include <ringlet/net/detail/delimited_read.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tests::net_delimited_read {

using namespace std::string_view_literals;
using ringlet::stream_errc;
using ringlet::detail::byte_buffer;
using ringlet::detail::delimited_read;

namespace {

constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

/// Reads to the end, or to an error, which stands last.
template <class Next>
std::vector<std::string> pieces(std::size_t buffer_size, incoming from, Next next) {
    byte_buffer bytes(buffer_size);
    std::vector<std::string> read;
    while (read.size() < 100) {
        delimited_read request = next(bytes);
        feed(request, from);
        if (request.failed())
            read.emplace_back(request.error() == stream_errc::too_long ? "TOO LONG" : "ENDED");
        const auto piece = request.take();
        if (!piece)
            return read;
        read.emplace_back(*piece);
    }
    read.emplace_back("NO END");
    return read;
}

std::vector<std::string> lines(incoming from, std::size_t max = unlimited,
                               std::size_t buffer_size = 4) {
    return pieces(buffer_size, from,
                  [=](byte_buffer& bytes) { return delimited_read::line(bytes, max); });
}

std::vector<std::string> records(incoming from, std::string_view delimiter,
                                 std::size_t max = unlimited, std::size_t buffer_size = 4) {
    return pieces(buffer_size, from,
                  [=](byte_buffer& bytes) { return delimited_read::until(bytes, delimiter, max); });
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("lines are the same however the input is split", "[net]") {
    const std::string_view input = "\nab\r\n\r\nc\rd\n\r";
    for (unsigned cuts = 0; cuts < 1U << (input.size() - 1); ++cuts)
        for (const std::size_t buffer_size : {0U, 1U, 4U, 64U}) {
            const texts read = lines({input, unlimited, cuts}, 3, buffer_size);
            if (read != texts{"", "ab", "", "c\rd", "\r"}) {
                INFO("cuts " << cuts << ", buffer size " << buffer_size);
                CHECK(read == texts{"", "ab", "", "c\rd", "\r"});
            }
        }
}

TEST_CASE("records are the same however the input and the delimiter are split", "[net]") {
    const std::string_view input = "--a-b---c--xx-";
    for (unsigned cuts = 0; cuts < 1U << (input.size() - 1); ++cuts)
        for (const std::size_t buffer_size : {0U, 1U, 4U, 64U}) {
            const texts read = records({input, unlimited, cuts}, "--", 3, buffer_size);
            if (read != texts{"", "a-b", "-c", "ENDED"}) {
                INFO("cuts " << cuts << ", buffer size " << buffer_size);
                CHECK(read == texts{"", "a-b", "-c", "ENDED"});
            }
        }
}

TEST_CASE("a line that has no end is the last one", "[net]") {
    CHECK(lines({""}).empty());
    CHECK(lines({"a"}) == texts{"a"});
    CHECK(lines({"a\n"}) == texts{"a"});
    CHECK(lines({"a\n\n"}) == texts{"a", ""});
    CHECK(lines({"a\nb\r"}) == texts{"a", "b\r"});
    CHECK(lines({"\0\n"sv}) == texts{std::string(1, '\0')});
}

TEST_CASE("records end before the stream does, or not at all", "[net]") {
    CHECK(records({""}, ";").empty());
    CHECK(records({"a;b;"}, ";") == texts{"a", "b"});
    CHECK(records({"a;b"}, ";") == texts{"a", "ENDED"});
    CHECK(records({"a\0b\0"sv}, "\0"sv) == texts{"a", "b"});
    const std::string delimiter(1000, '=');
    CHECK(records({"a" + delimiter + "b=" + delimiter}, delimiter) == texts{"a", "b", "ENDED"});
}

TEST_CASE("a delimiter is never empty", "[net]") {
    byte_buffer bytes(8);
    CHECK_THROWS_AS(delimited_read::until(bytes, "", 8), std::invalid_argument);
    CHECK_THROWS_AS(delimited_read::until(bytes, "\0", 8), std::invalid_argument);
}

TEST_CASE("the maximum counts what is given, not what ends it", "[net]") {
    for (const std::size_t piece : {1U, 2U, 3U, 100U})
        for (const std::size_t buffer_size : {0U, 1U, 2U, 64U}) {
            INFO("pieces of " << piece << ", buffer size " << buffer_size);
            const auto read = [=](std::string_view input, std::size_t max) {
                return lines({input, piece}, max, buffer_size);
            };
            CHECK(read("abc\n", 3) == texts{"abc"});
            CHECK(read("abc\r\n", 3) == texts{"abc"});
            CHECK(read("abc", 3) == texts{"abc"});
            CHECK(read("abcd\n", 3) == texts{"TOO LONG"});
            CHECK(read("abcd\r\n", 3) == texts{"TOO LONG"});
            CHECK(read("abcd", 3) == texts{"TOO LONG"});
            CHECK(read("abc\r", 3) == texts{"TOO LONG"});
            CHECK(read("abc\rd\n", 3) == texts{"TOO LONG"});
            CHECK(read("\n\r\n", 0) == texts{"", ""});
            CHECK(read("a\n", 0) == texts{"TOO LONG"});
            const auto until = [=](std::string_view input, std::size_t max) {
                return records({input, piece}, "END", max, buffer_size);
            };
            CHECK(until("abcEND", 3) == texts{"abc"});
            CHECK(until("abcdEND", 3) == texts{"TOO LONG"});
            CHECK(until("abcdef", 3) == texts{"TOO LONG"});
            CHECK(until("abcEN", 3) == texts{"ENDED"});
        }
}

TEST_CASE("after an error the bytes are still there", "[net]") {
    byte_buffer bytes(4);
    incoming from{"abcdefgh\nij", 3};
    CHECK_FALSE(fed(delimited_read::line(bytes, 4), from).has_value());
    CHECK_FALSE(fed(delimited_read::until(bytes, ";", unlimited), from).has_value());
    CHECK(fed(delimited_read::line(bytes, 8), from) == "abcdefgh");
    CHECK(fed(delimited_read::line(bytes, 8), from) == "ij");
    CHECK_FALSE(fed(delimited_read::line(bytes, 8), from).has_value());
}

TEST_CASE("the buffer grows no further than the maximum needs", "[net]") {
    byte_buffer bytes(16);
    const std::string endless(10'000, 'x');
    incoming from{endless};
    delimited_read request = delimited_read::line(bytes, 1000);
    feed(request, from);
    CHECK(request.error() == stream_errc::too_long);
    CHECK(bytes.capacity() == 1002);
    CHECK(from.receives() < 10);
}

TEST_CASE("each byte is searched once, however small the pieces", "[net]") {
    // Otherwise this takes minutes: a million bytes in a million pieces.
    const std::string line = std::string(1'000'000, '=') + "\n";
    for (const std::string_view delimiter : {"\n"sv, "=\n"sv}) {
        byte_buffer bytes(64);
        incoming from{line, 1};
        const auto read = fed(delimited_read::until(bytes, delimiter, unlimited), from);
        CHECK(read->size() == line.size() - delimiter.size());
    }
}

}  // namespace tests::net_delimited_read
