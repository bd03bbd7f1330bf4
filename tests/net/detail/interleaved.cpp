#include "net/detail/interleaved.hpp"

#include "catch.hpp"

#include <initializer_list>
#include <string>
#include <vector>

namespace tests::net_interleaved {

using ringlet::address;

namespace {

/// The addresses of these hosts, interleaved, as text.
std::string interleaved(std::initializer_list<const char*> hosts) {
    std::vector<address> addresses;
    for (const char* host : hosts)
        addresses.emplace_back(host, 80);
    std::string text;
    for (const address& each : ringlet::detail::interleaved(addresses))
        text += (text.empty() ? "" : " ") + each.host();
    return text;
}

}  // namespace

TEST_CASE("addresses of two families take turns, beginning with the first", "[net]") {
    CHECK(interleaved({"::1", "::2", "::3", "10.0.0.1", "10.0.0.2", "10.0.0.3"}) ==
          "::1 10.0.0.1 ::2 10.0.0.2 ::3 10.0.0.3");
    CHECK(interleaved({"10.0.0.1", "10.0.0.2", "::1", "::2"}) == "10.0.0.1 ::1 10.0.0.2 ::2");
    CHECK(interleaved({"10.0.0.1", "::1", "::2", "10.0.0.2"}) == "10.0.0.1 ::1 10.0.0.2 ::2");
}

TEST_CASE("where a family has fewer addresses, the others' rest comes in its order", "[net]") {
    CHECK(interleaved({"::1", "::2", "::3", "10.0.0.1"}) == "::1 10.0.0.1 ::2 ::3");
    CHECK(interleaved({"::1", "10.0.0.1", "10.0.0.2", "10.0.0.3"}) ==
          "::1 10.0.0.1 10.0.0.2 10.0.0.3");
    CHECK(interleaved({"::1", "::2"}) == "::1 ::2");
    CHECK(interleaved({"10.0.0.1"}) == "10.0.0.1");
    CHECK(interleaved({}).empty());
}

}  // namespace tests::net_interleaved
