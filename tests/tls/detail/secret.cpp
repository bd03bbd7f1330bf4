#include "tls/detail/secret.hpp"

#include "catch.hpp"
#include "tls/detail/ticket_keys.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>

namespace tests::tls_secret {

using ringlet::tls::detail::secret;
using ringlet::tls::detail::text_wiper;
using ringlet::tls::detail::ticket_keys;

TEST_CASE("a secret is wiped from memory when it goes out of use", "[tls]") {
    alignas(secret) std::array<unsigned char, sizeof(secret)> memory{};
    auto* const held = std::construct_at(reinterpret_cast<secret*>(memory.data()));
    held->fill('s');
    CHECK(std::ranges::count(memory, 's') == 32);
    std::destroy_at(held);
    CHECK(std::ranges::count(memory, 's') == 0);
}

TEST_CASE("the keys of tickets are wiped from memory when they go out of use", "[tls]") {
    using key = ticket_keys::key;
    alignas(key) std::array<unsigned char, sizeof(key)> memory{};
    auto* const held = std::construct_at(reinterpret_cast<key*>(memory.data()));
    held->cipher.fill('s');
    held->mac.fill('s');
    CHECK(std::ranges::count(memory, 's') == 64);
    std::destroy_at(held);
    CHECK(std::ranges::count(memory, 's') == 0);
}

TEST_CASE("a text with a key in it is wiped from memory", "[tls]") {
    std::string text(100, 's');
    { const text_wiper wiped(text); }
    CHECK(text == std::string(100, '\0'));
}

}  // namespace tests::tls_secret
