#include "byte_pattern.hpp"
#include "catch.hpp"
#include "net/feed.hpp"

#include <ringlet/net/detail/counted_read.hpp>
#include <ringlet/net/detail/transfer_read.hpp>

#include <array>
#include <stdexcept>
#include <string>

namespace tests::net_transfer_read {

using ringlet::stream_errc;
using ringlet::detail::byte_buffer;
using ringlet::detail::counted_read;
using ringlet::detail::transfer_read;

namespace {

constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

std::string some(byte_buffer& bytes, std::size_t size, incoming& from) {
    std::string into(size, '?');
    into.resize(fed(transfer_read::some(bytes, into), from));
    return into;
}

std::string exactly(byte_buffer& bytes, std::size_t size, incoming& from) {
    std::string into(size, '?');
    CHECK(fed(transfer_read::exactly(bytes, into), from) == size);
    return into;
}

}  // namespace

TEST_CASE("transfers are the same however the input is split", "[net]") {
    const std::string_view input = "abcdefghijkl";
    for (unsigned cuts = 0; cuts < 1U << (input.size() - 1); ++cuts)
        for (const std::size_t buffer_size : {0U, 1U, 4U, 64U}) {
            byte_buffer bytes(buffer_size);
            incoming from{input, unlimited, cuts};
            std::string read = exactly(bytes, 2, from) + " ";
            read += std::to_string(fed(transfer_read::skip(bytes, 3), from)) + " ";
            read += fed(counted_read::peek(bytes, 2, 2), from);
            read += " " + exactly(bytes, 5, from) + " ";
            for (std::string next = "?"; !next.empty(); read += next)
                next = some(bytes, 2, from);
            if (read != "ab 3 fg fghij kl") {
                INFO("cuts " << cuts << ", buffer size " << buffer_size);
                CHECK(read == "ab 3 fg fghij kl");
            }
        }
}

TEST_CASE("some is what is buffered, without waiting for more", "[net]") {
    byte_buffer bytes(8);
    bytes.append("abc");
    incoming from{"def"};
    CHECK(some(bytes, 2, from) == "ab");
    CHECK(some(bytes, 8, from) == "c");
    CHECK(from.receives() == 0);
    CHECK(some(bytes, 8, from) == "def");
    CHECK(some(bytes, 8, from).empty());
    CHECK(some(bytes, 8, from).empty());
    CHECK_THROWS_AS(transfer_read::some(bytes, std::span<char>()), std::invalid_argument);
}

TEST_CASE("much memory is received into directly, and little through the buffer", "[net]") {
    byte_buffer bytes(100);
    const std::string input = byte_pattern(1000);
    incoming from{input};
    CHECK(some(bytes, 100, from) == input.substr(0, 100));
    CHECK(exactly(bytes, 300, from) == input.substr(100, 300));
    CHECK(bytes.capacity() == 0);
    CHECK(some(bytes, 99, from) == input.substr(400, 99));
    CHECK(bytes.size() == 1);
    CHECK(exactly(bytes, 150, from) == input.substr(499, 150));
    CHECK(bytes.empty());
    CHECK(from.receives() == 4);
}

TEST_CASE("what was moved before an early end is put back", "[net]") {
    for (const std::size_t buffer_size : {0U, 2U, 4U, 64U}) {
        byte_buffer bytes(buffer_size);
        incoming from{"abcdefg", 3};
        CHECK(fed(counted_read::peek(bytes, 1, 1), from) == "a");
        std::array<char, 9> into{};
        transfer_read request = transfer_read::exactly(bytes, into);
        feed(request, from);
        CHECK(request.error() == stream_errc::end_of_stream);
        CHECK(request.take() == 0);
        CHECK(bytes.view() == "abcdefg");
        CHECK(exactly(bytes, 7, from) == "abcdefg");
    }
}

TEST_CASE("a transfer that is abandoned midway puts back what it has", "[net]") {
    byte_buffer bytes(4);
    incoming from{"abcdefgh", 3};
    std::array<char, 8> into{};
    transfer_read request = transfer_read::exactly(bytes, into);
    for (int i = 0; i < 2; ++i) {
        CHECK_FALSE(request.attempt());
        request.received(from.receive(request.room()));
    }
    request.abandon();
    CHECK(bytes.view() == "abcdef");
    CHECK(exactly(bytes, 8, from) == "abcdefgh");
}

TEST_CASE("a skip drops as much as there is, and says how much that was", "[net]") {
    for (const std::size_t buffer_size : {0U, 4U, 64U}) {
        byte_buffer bytes(buffer_size);
        const std::string input = byte_pattern(10'000);
        incoming from{input};
        CHECK(fed(transfer_read::skip(bytes, 0), from) == 0);
        CHECK(fed(transfer_read::skip(bytes, 9'000), from) == 9'000);
        CHECK(exactly(bytes, 10, from) == input.substr(9'000, 10));
        transfer_read beyond = transfer_read::skip(bytes, unlimited);
        feed(beyond, from);
        CHECK(beyond.error() == stream_errc::end_of_stream);
        CHECK(beyond.take() == 990);
    }
}

TEST_CASE("a single byte that does not come is an early end too", "[net]") {
    byte_buffer bytes(4);
    incoming from{""};
    char letter = 0;
    transfer_read request = transfer_read::exactly(bytes, {&letter, 1});
    feed(request, from);
    CHECK(request.error() == stream_errc::end_of_stream);
}

}  // namespace tests::net_transfer_read
