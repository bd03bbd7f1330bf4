#include "catch.hpp"
#include "check_awaited.hpp"
#include "run_coroutine.hpp"

#include <ringlet/net/reader.hpp>
#include <ringlet/net/writer.hpp>
#include <ringlet/server/detail/packet_stream.hpp>

#include <array>
#include <string_view>

namespace tests::server_packet_stream {

using ringlet::task;
using ringlet::detail::packet_stream;

static_assert(ringlet::readable_stream<packet_stream>);
static_assert(ringlet::writable_stream<packet_stream>);

namespace {

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::string_view text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("a packet is received in pieces, and then ends for good", "[server]") {
    run_coroutine([]() -> task<> {
        packet_stream packet(bytes("abcde"));
        std::array<char, 2> buffer{};
        CHECK_AWAITED(co_await packet.recv(buffer), 2);
        CHECK(std::string_view(buffer.data(), 2) == "ab");
        CHECK_AWAITED(co_await packet.recv(buffer), 2);
        CHECK(std::string_view(buffer.data(), 2) == "cd");
        CHECK_AWAITED(co_await packet.recv(buffer), 1);
        CHECK(buffer[0] == 'e');
        CHECK_AWAITED(co_await packet.recv(buffer), 0);
        CHECK_AWAITED(co_await packet.recv(buffer), 0);
    });
}

TEST_CASE("an empty packet has ended, and an empty buffer takes nothing", "[server]") {
    run_coroutine([]() -> task<> {
        std::array<char, 2> buffer{};
        packet_stream empty({});
        CHECK_AWAITED(co_await empty.recv(buffer), 0);
        packet_stream packet(bytes("a"));
        CHECK_AWAITED(co_await packet.recv(std::span(buffer).first(0)), 0);
        CHECK_AWAITED(co_await packet.recv(buffer), 1);
    });
}

TEST_CASE("what is sent to a packet adds up", "[server]") {
    run_coroutine([]() -> task<> {
        packet_stream packet(bytes("incoming"));
        CHECK(packet.sent().empty());
        CHECK_AWAITED(co_await packet.send_all(std::string_view("one")), 3);
        CHECK_AWAITED(co_await packet.send_all(std::string_view("")), 0);
        CHECK_AWAITED(co_await packet.send_all(std::string_view("two")), 3);
        CHECK(text(packet.sent()) == "onetwo");
    });
}

TEST_CASE("a packet can be read and written as streams are", "[server]") {
    run_coroutine([]() -> task<> {
        packet_stream packet(bytes("first\nsecond"));
        ringlet::reader<packet_stream> in(packet);
        ringlet::writer<packet_stream> out(packet);
        while (const auto line = co_await in.read_line())
            co_await out.print(line->size(), "\n");
        co_await out.flush();
        CHECK(text(packet.sent()) == "5\n6\n");
    });
}

}  // namespace tests::server_packet_stream
