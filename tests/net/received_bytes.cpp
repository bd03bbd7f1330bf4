#include "catch.hpp"

#include <ringlet/net/received_bytes.hpp>

#include <algorithm>
#include <ranges>
#include <type_traits>
#include <utility>

namespace tests::net_received_bytes {

using ringlet::received_bytes;
using ringlet::detail::receive_buffers;

static_assert(std::ranges::contiguous_range<received_bytes>);
static_assert(std::ranges::sized_range<const received_bytes>);
static_assert(!std::is_copy_constructible_v<received_bytes>);
static_assert(std::is_nothrow_move_assignable_v<received_bytes>);

TEST_CASE("received bytes are a range, and give their buffer back when they end", "[net]") {
    receive_buffers buffers(16, 4, 0);
    {
        std::byte* const buffer = buffers.take();
        buffer[0] = std::byte{1};
        buffer[1] = std::byte{2};
        buffer[2] = std::byte{3};
        const received_bytes received(buffers, buffer, 3);
        CHECK(received);
        CHECK_FALSE(received.empty());
        CHECK(received.size() == 3);
        CHECK(received.data() == buffer);
        CHECK(std::ranges::find(received, std::byte{3}) == received.begin() + 2);
        CHECK(buffers.lent() == 1);
    }
    CHECK(buffers.lent() == 0);
}

TEST_CASE("no bytes are the end of the stream, with a buffer or without", "[net]") {
    receive_buffers buffers(16, 4, 0);
    {
        const received_bytes with(buffers, buffers.take(), 0);
        const received_bytes without(buffers, nullptr, 0);
        const received_bytes none;
        for (const auto* const each : {&with, &without, &none}) {
            CHECK_FALSE(*each);
            CHECK(each->begin() == each->end());
        }
        CHECK(buffers.lent() == 1);
    }
    CHECK(buffers.lent() == 0);
}

TEST_CASE("received bytes that are moved keep their buffer, and what they replace gives it back",
          "[net]") {
    receive_buffers buffers(16, 4, 0);
    received_bytes one(buffers, buffers.take(), 5);
    std::byte* const kept = one.data();
    received_bytes other(buffers, buffers.take(), 6);
    CHECK(buffers.lent() == 2);
    other = std::move(one);
    CHECK(buffers.lent() == 1);
    CHECK(other.data() == kept);
    CHECK(other.size() == 5);
    CHECK_FALSE(one);  // NOLINT: what is moved from has none
    CHECK(one.size() == 0);
    const received_bytes third(std::move(other));
    CHECK(third.size() == 5);
    CHECK(other.empty());  // NOLINT
    CHECK(buffers.lent() == 1);
    other = received_bytes(buffers, buffers.take(), 7);
    CHECK(buffers.lent() == 2);
    other = received_bytes();
    CHECK(buffers.lent() == 1);
}

TEST_CASE("received bytes know how large their buffer is", "[net]") {
    receive_buffers buffers(16, 4, 0);
    CHECK(received_bytes().capacity() == 0);
    received_bytes received(buffers, buffers.take(), 3);
    CHECK(received.capacity() == 16);
    const received_bytes moved = std::move(received);
    CHECK(moved.capacity() == 16);
    CHECK(received.capacity() == 0);  // NOLINT(bugprone-use-after-move): it has none
}

}  // namespace tests::net_received_bytes
