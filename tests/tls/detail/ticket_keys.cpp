#include "tls/detail/ticket_keys.hpp"

#include "catch.hpp"

#include <chrono>
#include <span>

namespace tests::tls_ticket_keys {

using ringlet::tls::detail::ticket_keys;
using namespace std::chrono_literals;

namespace {

const ticket_keys::clock::time_point begin{1000h};

bool equal(const ticket_keys::key& one, const ticket_keys::key& other) {
    return one.name == other.name && one.cipher == other.cipher && one.mac == other.mac;
}

std::span<const unsigned char, 16> name_of(const ticket_keys::key& key) {
    return key.name;
}

}  // namespace

TEST_CASE("a ticket is accepted as long as it may be used, and forgotten then", "[tls]") {
    ticket_keys keys(1h, begin);
    const auto first = keys.current("certificates", begin);
    CHECK(equal(keys.current("certificates", begin + 59min), first));
    auto found = keys.find(name_of(first), "certificates", begin + 59min);
    REQUIRE(found);
    CHECK(equal(found->key, first));
    CHECK_FALSE(found->outdated);

    const auto second = keys.current("certificates", begin + 60min);
    CHECK_FALSE(equal(second, first));
    found = keys.find(name_of(first), "certificates", begin + 119min);
    REQUIRE(found);
    CHECK(equal(found->key, first));
    CHECK(found->outdated);
    CHECK_FALSE(keys.find(name_of(first), "certificates", begin + 120min));
    CHECK(keys.find(name_of(second), "certificates", begin + 120min));
    CHECK_FALSE(keys.find(name_of(second), "certificates", begin + 1000h));
}

TEST_CASE("a clock that seems to go back takes no key away", "[tls]") {
    ticket_keys keys(1h, begin);
    const auto second = keys.current("certificates", begin + 61min);
    CHECK(equal(keys.current("certificates", begin + 59min), second));
    CHECK(keys.find(name_of(second), "certificates", begin + 59min));
}

TEST_CASE("other certificates have other ticket keys", "[tls]") {
    ticket_keys keys(1h, begin);
    const auto before = keys.current("before", begin);
    CHECK_FALSE(equal(keys.current("after", begin), before));
    CHECK_FALSE(keys.find(name_of(before), "after", begin));
    CHECK(keys.find(name_of(before), "before", begin));
}

TEST_CASE("every context has ticket keys of its own", "[tls]") {
    ticket_keys one(1h, begin);
    ticket_keys other(1h, begin);
    CHECK_FALSE(equal(one.current("certificates", begin), other.current("certificates", begin)));
}

}  // namespace tests::tls_ticket_keys
