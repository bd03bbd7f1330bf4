#include "catch.hpp"

#include <ringlet/net/mutable_buffer.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tests::net_mutable_buffer {

using ringlet::mutable_buffer;

// What must not be written to, or would be gone before anything is received.
static_assert(!std::convertible_to<const std::string&, mutable_buffer>);
static_assert(!std::convertible_to<std::string_view, mutable_buffer>);
static_assert(!std::convertible_to<std::span<const std::byte>, mutable_buffer>);
static_assert(!std::convertible_to<std::string, mutable_buffer>);
static_assert(!std::convertible_to<std::vector<std::byte>, mutable_buffer>);
static_assert(!std::convertible_to<std::vector<int>&, mutable_buffer>);

namespace {

/// As a function that receives would take it: by conversion.
template <class Range>
bool covers(mutable_buffer buffer, const Range& range) {
    return buffer.data() == std::data(range) && buffer.size() == std::size(range);
}

}  // namespace

TEMPLATE_TEST_CASE("a buffer to receive into is made from any range of bytes", "[net]", char,
                   unsigned char, std::byte) {
    TestType array[16];
    std::array<TestType, 16> fixed{};
    std::vector<TestType> dynamic(16);
    CHECK(covers(array, array));
    CHECK(covers(fixed, fixed));
    CHECK(covers(dynamic, dynamic));
    CHECK(covers(std::span(dynamic), dynamic));
    CHECK(covers(std::span(fixed).subspan(4, 8), std::span(fixed).subspan(4, 8)));
    CHECK(covers({dynamic.data(), dynamic.size()}, dynamic));
}

TEST_CASE("a string to receive into counts without its NUL", "[net]") {
    std::string text(16, ' ');
    CHECK(covers(text, text));
}

}  // namespace tests::net_mutable_buffer
