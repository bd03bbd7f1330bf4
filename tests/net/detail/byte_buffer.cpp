#include "catch.hpp"

#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/net/detail/byte_buffer.hpp>

#include <cstring>
#include <string>
#include <string_view>

namespace tests::net_byte_buffer {

using ringlet::detail::byte_buffer;

namespace {

constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

void add(byte_buffer& to, std::string_view text, std::size_t most = unlimited) {
    const ringlet::mutable_buffer room = to.prepare(to.size() + text.size(), most);
    REQUIRE(room.size() >= text.size());
    std::memcpy(room.data(), text.data(), text.size());
    to.commit(text.size());
}

}  // namespace

TEST_CASE("a byte buffer gives bytes in the order they were added", "[net]") {
    byte_buffer bytes(8);
    CHECK(bytes.empty());
    CHECK(bytes.view().empty());
    add(bytes, "abc");
    bytes.append("de");
    CHECK(bytes.view() == "abcde");
    bytes.consume(2);
    bytes.append("");
    CHECK(bytes.view() == "cde");
    bytes.prepend("ab");
    CHECK(bytes.view() == "abcde");
    bytes.prepend("0123456789");
    CHECK(bytes.view() == "0123456789abcde");
    bytes.consume(bytes.size());
    CHECK(bytes.empty());
    bytes.prepend("xy");
    bytes.append("z");
    CHECK(bytes.view() == "xyz");
}

TEST_CASE("a byte buffer has no memory before the first byte, nor after release", "[net]") {
    byte_buffer bytes(100);
    CHECK(bytes.capacity() == 0);
    CHECK(sizeof(bytes) <= 64);
    bytes.append("a");
    CHECK(bytes.capacity() == 100);
    bytes.release();
    CHECK(bytes.capacity() == 0);
    CHECK(bytes.empty());
    bytes.release();
    bytes.append("b");
    CHECK(bytes.view() == "b");
}

TEST_CASE("what is consumed stays where it is until bytes are added", "[net]") {
    byte_buffer bytes(8);
    bytes.append("abcdefgh");
    const std::string_view view = bytes.view();
    bytes.consume(8);
    CHECK(view == "abcdefgh");
}

TEST_CASE("room is made by moving before memory is", "[net]") {
    byte_buffer bytes(8);
    bytes.append("abcdefgh");
    bytes.consume(3);
    CHECK(bytes.prepare(6, unlimited).size() == 3);
    CHECK(bytes.capacity() == 8);
    CHECK(bytes.view() == "defgh");
    bytes.consume(5);
    CHECK(bytes.prepare(1, unlimited).size() == 8);
}

TEST_CASE("as many bytes as there are move whole, also over where they were", "[net]") {
    std::string text;
    for (int i = 0; text.size() < 4000; ++i)
        text += std::to_string(i);
    for (const std::size_t consumed : {1U, 100U, 2100U, 3999U}) {
        CAPTURE(consumed);
        byte_buffer bytes(text.size());
        bytes.append(text);
        bytes.consume(consumed);
        CHECK(bytes.prepare(text.size(), unlimited).size() == consumed);
        CHECK(bytes.view() == std::string_view(text).substr(consumed));
    }
}

TEST_CASE("a byte buffer doubles within the most it is allowed, and shrinks again", "[net]") {
    byte_buffer bytes(8);
    const std::string text = "abcdefghijklmnopqrstuvwxyz";
    add(bytes, text.substr(0, 8));
    CHECK(bytes.capacity() == 8);
    add(bytes, text.substr(8, 1));
    CHECK(bytes.capacity() == 16);
    add(bytes, text.substr(9, 8), 20);
    CHECK(bytes.capacity() == 20);
    add(bytes, text.substr(17, 9), 20);  // what is needed is more than the most
    CHECK(bytes.capacity() == 26);
    CHECK(bytes.view() == text);
    bytes.consume(20);
    CHECK(bytes.prepare(7, unlimited).size() == 20);
    CHECK(bytes.capacity() == 26);  // there is more than half of the ordinary
    bytes.consume(2);
    CHECK(bytes.prepare(5, unlimited).size() == 4);
    CHECK(bytes.capacity() == 8);
    CHECK(bytes.view() == "wxyz");
}

TEST_CASE("with an ordinary capacity of 0 there is room for no more than was asked for", "[net]") {
    byte_buffer bytes(0);
    CHECK(bytes.prepare(3, unlimited).size() == 3);
    add(bytes, "abc");
    for (std::size_t size = 4; size < 40; ++size) {
        CHECK(bytes.prepare(size, unlimited).size() == 1);
        add(bytes, "x");
    }
    bytes.consume(38);
    CHECK(bytes.prepare(2, unlimited).size() == 1);
    CHECK(bytes.prepare(30, unlimited).size() == 29);
}

TEST_CASE("the memory comes from the loop's pool and goes back to it", "[net]") {
    ringlet::loop owner;
    const bool done = true;
    owner.core().run_until(done, [&] {
        byte_buffer bytes(4096);
        bytes.append("a");
        CHECK(owner.core().frames().cached_bytes() == 0);
        bytes.release();
        CHECK(owner.core().frames().cached_bytes() >= 4096);
        bytes.append("b");
        CHECK(owner.core().frames().cached_bytes() == 0);
    });
}

TEST_CASE("that no more bytes will come is remembered", "[net]") {
    byte_buffer bytes(8);
    CHECK_FALSE(bytes.ended());
    bytes.append("a");
    bytes.set_ended();
    CHECK(bytes.ended());
    CHECK(bytes.view() == "a");
    bytes.prepend("0123456789");
    bytes.release();
    CHECK(bytes.ended());
}

}  // namespace tests::net_byte_buffer
