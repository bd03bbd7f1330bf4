#include "catch.hpp"

#include <ringlet/net/detail/print_piece.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace tests::net_print_piece {

using ringlet::detail::print_piece;

static_assert(!std::constructible_from<print_piece, const void* const&>);
static_assert(!std::constructible_from<print_piece, const std::vector<int>&>);

namespace {

template <class Value>
std::string printed(const Value& value) {
    const print_piece piece(value);
    const ringlet::const_buffer text = piece;
    return {static_cast<const char*>(text.data()), text.size()};
}

template <class Number>
Number read_back(const Number& number) {
    const std::string text = printed(number);
    Number read = 0;
    std::from_chars(text.data(), text.data() + text.size(), read);
    return read;
}

}  // namespace

TEST_CASE("text and bytes are printed as they are", "[net]") {
    const char* const pointer = "pointer";
    const std::vector<unsigned char> bytes{'b', 0, 'c'};
    const std::array<std::byte, 1> byte{std::byte{'x'}};
    CHECK(printed("literal") == "literal");
    CHECK(printed(pointer) == "pointer");
    CHECK(printed(std::string("string")) == "string");
    CHECK(printed(std::string_view("view")) == "view");
    CHECK(printed(bytes) == std::string("b\0c", 3));
    CHECK(printed(byte) == "x");
    CHECK(printed("") == "");
    CHECK(printed(std::string_view()) == "");
    CHECK(printed('c') == "c");
    CHECK(printed(ringlet::const_buffer("buffer")) == "buffer");
}

TEST_CASE("truth is printed in words", "[net]") {
    CHECK(printed(true) == "true");
    CHECK(printed(false) == "false");
}

TEST_CASE("integers of every size are printed in decimal", "[net]") {
    CHECK(printed(0) == "0");
    CHECK(printed(-42) == "-42");
    CHECK(printed(std::uint8_t{65}) == "65");
    CHECK(printed(std::int8_t{-128}) == "-128");
    CHECK(printed(short{7}) == "7");
    CHECK(printed(std::numeric_limits<long long>::min()) == "-9223372036854775808");
    CHECK(printed(std::numeric_limits<unsigned long long>::max()) == "18446744073709551615");
    CHECK(printed(std::size_t{100}) == "100");
}

TEST_CASE("floating-point numbers are printed so short that they read back the same", "[net]") {
    CHECK(printed(3.5) == "3.5");
    CHECK(printed(0.1F) == "0.1");
    CHECK(printed(-1e300) == "-1e+300");
    CHECK(printed(std::numeric_limits<double>::infinity()) == "inf");
    CHECK(read_back(0.1) == 0.1);
    CHECK(read_back(1.0F / 3) == 1.0F / 3);
    CHECK(read_back(std::numeric_limits<double>::denorm_min()) ==
          std::numeric_limits<double>::denorm_min());
    for (const long double number : {1.0L / 3, std::numeric_limits<long double>::max(),
                                     -std::numeric_limits<long double>::min()})
        CHECK(read_back(number) == number);
    CHECK(printed(std::numeric_limits<long double>::denorm_min()).find("e-4951") > 0);
}

}  // namespace tests::net_print_piece
