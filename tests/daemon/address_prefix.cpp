#include "catch.hpp"

#include <ringlet/daemon/address_prefix.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace tests::daemon_address_prefix {

using ringlet::address;
using ringlet::daemon::address_prefix;

namespace {

bool in(const char* prefix, const char* host) {
    return address_prefix(prefix).contains(address(host, 7));
}

/// The error with which a text is refused.
std::string refusal(const char* text) {
    try {
        static_cast<void>(address_prefix(text));
    } catch (const std::invalid_argument& refused) {
        return refused.what();
    }
    return {};
}

}  // namespace

TEST_CASE("a prefix contains the addresses that begin with its bits", "[daemon]") {
    CHECK(in("10.0.0.0/8", "10.255.1.2"));
    CHECK_FALSE(in("10.0.0.0/8", "11.0.0.1"));
    CHECK(in("192.0.2.128/25", "192.0.2.255"));
    CHECK_FALSE(in("192.0.2.128/25", "192.0.2.127"));
    CHECK(in("192.0.2.1", "192.0.2.1"));
    CHECK_FALSE(in("192.0.2.1", "192.0.2.2"));
    CHECK(in("0.0.0.0/0", "203.0.113.9"));
    CHECK(in("2001:db8:8000::/33", "2001:db8:ffff::1"));
    CHECK_FALSE(in("2001:db8:8000::/33", "2001:db8:7fff::1"));
    CHECK(in("::1", "::1"));
    CHECK(in("fe80::/10", "fe80::1%lo"));
}

TEST_CASE("an IPv4 host is one on an IPv6 socket too", "[daemon]") {
    CHECK(in("10.0.0.0/8", "::ffff:10.1.2.3"));
    CHECK_FALSE(in("10.0.0.0/8", "::ffff:11.1.2.3"));
    CHECK(in("::ffff:10.0.0.0/104", "10.1.2.3"));
    CHECK(address_prefix("::ffff:10.0.0.0/104") == address_prefix("10.0.0.0/8"));
    CHECK_FALSE(in("::/0", "10.1.2.3"));
    CHECK_FALSE(in("::/0", "::ffff:10.1.2.3"));
    CHECK_FALSE(in("0.0.0.0/0", "::1"));
}

TEST_CASE("no prefix contains what is no IP address", "[daemon]") {
    for (const char* const prefix : {"0.0.0.0/0", "::/0"}) {
        CHECK_FALSE(address_prefix(prefix).contains(address()));
        CHECK_FALSE(address_prefix(prefix).contains(address::unix_path("/x")));
    }
}

TEST_CASE("a prefix is read from text and written as text", "[daemon]") {
    for (const char* const text : {"10.0.0.0/8", "0.0.0.0/0", "192.0.2.1/32", "2001:db8::/32"})
        CHECK(address_prefix(text).to_string() == text);
    CHECK(address_prefix(std::string("::1")).to_string() == "::1/128");
    const std::vector<address_prefix> several = {"127.0.0.0/8", "::1"};
    CHECK(several.size() == 2);
}

TEST_CASE("a bad prefix is refused in a sentence", "[daemon]") {
    CHECK(refusal("10.0.0.1/8") == "address_prefix \"10.0.0.1/8\": it has bits behind those that "
                                   "count; write 10.0.0.0/8");
    CHECK(refusal("10.0.0.0/33") ==
          "address_prefix \"10.0.0.0/33\": the number of bits must be 0 to 32");
    for (const char* const text : {"10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "::/+1"})
        CHECK(refusal(text).find("the number of bits must be 0 to") != std::string::npos);
    for (const char* const text :
         {"", "/8", "localhost", "localhost/8", "example.org", "10.0.0", "fe80::1%lo", "unix:/x"})
        CHECK(refusal(text).find("a network is an IP address") != std::string::npos);
    CHECK_THROWS_AS(address_prefix("[::1]/64"), std::invalid_argument);
    CHECK_THROWS_AS(address_prefix("1:2/64"), std::invalid_argument);
}

}  // namespace tests::daemon_address_prefix
