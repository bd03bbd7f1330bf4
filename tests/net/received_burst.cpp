#include "catch.hpp"

#include <ringlet/net/received_datagram.hpp>

#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tests::net_received_burst {

using ringlet::received_burst;

// What an await yields is to be trivially destructible: see coro/temporaries.cpp.
static_assert(std::is_trivially_destructible_v<received_burst>);

namespace {

std::vector<std::string> texts(const received_burst& got, std::string buffer) {
    std::vector<std::string> all;
    for (const std::span<std::byte> each : got.segments(buffer))
        all.emplace_back(reinterpret_cast<const char*>(each.data()), each.size());
    CHECK(all.size() == got.count());
    return all;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a burst is cut into its datagrams, the last of which may be shorter", "[net]") {
    CHECK(texts({9, 9, 3, false}, "aaabbbccc...") == strings{"aaa", "bbb", "ccc"});
    CHECK(texts({7, 7, 3, false}, "aaabbbc...") == strings{"aaa", "bbb", "c"});
    CHECK(texts({3, 3, 3, false}, "aaa...") == strings{"aaa"});
    CHECK(texts({2, 2, 1, false}, "ab") == strings{"a", "b"});
}

TEST_CASE("of a burst that was cut off, what is there counts", "[net]") {
    CHECK(texts({5, 9, 3, true}, "aaabb") == strings{"aaa", "bb"});
    CHECK(texts({6, 9, 3, true}, "aaabbb") == strings{"aaa", "bbb"});
    CHECK(texts({2, 9, 9, true}, "aa") == strings{"aa"});
    CHECK(texts({0, 9, 3, true}, "") == strings{""});
}

TEST_CASE("an empty datagram is a burst of one", "[net]") {
    CHECK(texts({}, "...") == strings{""});
}

TEST_CASE("the datagrams of a burst are in the buffer, to be changed and to be had in any order",
          "[net]") {
    std::string buffer = "aabbc";
    const received_burst got{5, 5, 2, false};
    const auto segments = got.segments(buffer);
    static_assert(std::ranges::random_access_range<decltype(segments)>);
    CHECK(segments[2].size() == 1);
    segments[1][0] = std::byte{'x'};
    CHECK(buffer == "aaxbc");
}

}  // namespace tests::net_received_burst
