#include "catch.hpp"

#include <ringlet/net/const_buffer.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tests::net_const_buffer {

using ringlet::const_buffer;

// Elements that are not bytes would be sent in an order that depends on the machine.
static_assert(!std::convertible_to<std::vector<int>, const_buffer>);
static_assert(!std::convertible_to<std::u16string, const_buffer>);
static_assert(!std::convertible_to<const wchar_t (&)[3], const_buffer>);

namespace {

/// As a function that sends would take it: by conversion.
std::string text_of(const_buffer buffer) {
    return {static_cast<const char*>(buffer.data()), buffer.size()};
}

}  // namespace

TEMPLATE_TEST_CASE("a buffer to send is made from any range of bytes", "[net]", char, unsigned char,
                   std::byte) {
    const TestType a{'a'};
    const TestType z{'z'};
    TestType array[] = {a, TestType{}, z};
    const std::array<TestType, 3> fixed{a, TestType{}, z};
    std::vector<TestType> dynamic{a, TestType{}, z};
    const std::string expected("a\0z", 3);
    CHECK(text_of(array) == expected);
    CHECK(text_of(fixed) == expected);
    CHECK(text_of(dynamic) == expected);
    CHECK(text_of(std::vector<TestType>(dynamic)) == expected);
    CHECK(text_of(std::span(dynamic)) == expected);
    CHECK(text_of(std::span<const TestType>(dynamic).first(2)) == expected.substr(0, 2));
    CHECK(text_of({dynamic.data(), 1}) == "a");
    CHECK(const_buffer(dynamic).data() == dynamic.data());  // a view, not a copy
}

TEST_CASE("a buffer to send is made from text", "[net]") {
    const std::string string("a\0b", 3);
    CHECK(text_of(string) == string);
    CHECK(text_of(std::string("temporary")) == "temporary");
    CHECK(text_of(std::string_view(string).substr(1)) == std::string("\0b", 2));
    CHECK(text_of(std::string()).empty());
}

TEST_CASE("a literal is sent without its NUL", "[net]") {
    CHECK(text_of("literal") == "literal");
    CHECK(text_of("").empty());
}

TEST_CASE("a buffer to send is made from text of every kind", "[net]") {
    struct title {
        operator std::string_view() const { return "title"; }
    };
    const bool yes = GENERATE(true, false);
    const char* const answer = yes ? "yes" : "no";
    char letters[] = "letters";
    CHECK(text_of(answer) == (yes ? "yes" : "no"));
    CHECK(text_of(yes ? "yes" : "no") == answer);
    CHECK(text_of(static_cast<char*>(letters)) == "letters");
    CHECK(text_of(title()) == "title");
}

}  // namespace tests::net_const_buffer
