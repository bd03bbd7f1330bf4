// What a reader adds to the reads themselves, which have tests of their own: see read_request.cpp.

#include "byte_pattern.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "conversation.hpp"
#include "others_go_on.hpp"
#include "run_virtually.hpp"
#include "run_without_leak.hpp"
#include "scripted_stream.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/net/reader.hpp>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::net_reader {

using ringlet::loop;
using ringlet::reader;
using ringlet::stream_errc;
using ringlet::task;
using ringlet::detail::joinable_task_group;

static_assert(!std::is_move_constructible_v<reader<ringlet::stream>>);
static_assert(sizeof(reader<ringlet::stream>) <= 128);

namespace {

constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

}  // namespace

TEST_CASE("all kinds of reads mix freely, however the input is split", "[net]") {
    run_virtually([](loop&) -> task<> {
        for (const bool suspends : {false, true})
            for (const std::size_t buffer_size : {0U, 1U, 7U, 8192U})
                for (std::size_t piece = 1; piece <= conversation.size(); ++piece) {
                    scripted_stream from(incoming(conversation, piece), suspends);
                    reader in(from, {.buffer_size = buffer_size});
                    const std::string read = co_await converse(in, plainly);
                    INFO("pieces of " << piece << ", buffer size " << buffer_size);
                    CHECK(read == understood);
                }
    });
}

TEST_CASE("every split of the input in two reads the same", "[net]") {
    run_virtually([](loop&) -> task<> {
        for (std::size_t cut = 0; cut + 1 < conversation.size(); ++cut) {
            scripted_stream from(incoming(conversation, unlimited, std::uint64_t{1} << cut));
            reader in(from);
            const std::string read = co_await converse(in, plainly);
            INFO("cut behind " << cut + 1);
            CHECK(read == understood);
        }
    });
}

TEST_CASE("all kinds of reads mix freely on sockets", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        const auto send = [&]() -> task<> {
            for (const char& letter : conversation) {
                co_await pair.one.send_all(std::string_view(&letter, 1));
                co_await ringlet::yield();
            }
            co_await pair.one.end_sending();
        };
        joinable_task_group group;
        group.spawn(send());
        reader in(pair.other);
        const std::string read = co_await converse(in, plainly);
        CHECK(read == understood);
        co_await group.join();
    });
}

TEST_CASE("what is left over is there for whoever goes on with the stream", "[net]") {
    run_virtually([](loop&) -> task<> {
        scripted_stream from(incoming("upgrade\r\nsurplus"));
        reader in(from);
        CHECK(in.buffered().empty());
        CHECK_AWAITED(co_await in.read_line(), "upgrade");
        CHECK(in.buffered() == "surplus");
    });
}

TEST_CASE("an unbuffered reader leaves in the stream what it was not asked for", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        co_await pair.one.send_all("line\nexactly;raw");
        reader in(pair.other, {.buffer_size = 0});
        CHECK_AWAITED(co_await in.read_line(), "line");
        CHECK_AWAITED(co_await in.read_exactly(5), "exact");
        CHECK_AWAITED(co_await in.skip(1), 1);
        CHECK_AWAITED(co_await in.read_until(";"), "y");
        CHECK(in.buffered().empty());
        std::array<char, 8> raw{};
        const std::size_t count = co_await pair.other.recv(raw);
        CHECK(std::string_view(raw.data(), count) == "raw");
    });
}

TEST_CASE("a read that fails says which and why, and takes nothing", "[net]") {
    run_virtually([](loop&) -> task<> {
        for (const bool suspends : {false, true}) {
            scripted_stream from(incoming("0123456789\nend", 4), suspends);
            reader in(from, {.buffer_size = 8, .piece_max = 10});
            const auto failing = [&](auto operation, stream_errc error,
                                     std::string_view name) -> task<> {
                try {
                    co_await operation();
                    FAIL("nothing was thrown by " << name);
                } catch (const std::system_error& thrown) {
                    INFO(thrown.what());
                    CHECK(thrown.code() == error);
                    CHECK(std::string_view(thrown.what()).starts_with(name));
                }
            };
            std::array<char, 99> much{};
            co_await failing([&] { return in.read_line(9); }, stream_errc::too_long, "read_line");
            co_await failing([&] { return in.read_exactly(11); }, stream_errc::too_long,
                             "read_exactly");
            co_await failing([&] { return in.peek(11); }, stream_errc::too_long, "peek");
            co_await failing([&] { return in.read_all(); }, stream_errc::too_long, "read_all");
            co_await failing([&] { return in.read_until(";", 99); }, stream_errc::end_of_stream,
                             "read_until");
            co_await failing([&] { return in.read_exactly(much); }, stream_errc::end_of_stream,
                             "read_exactly");
            CHECK(in.buffered() == "0123456789\nend");
            CHECK_AWAITED(co_await in.read_line(), "0123456789");
            co_await failing([&] { return in.skip(4); }, stream_errc::end_of_stream, "skip");
            CHECK_AWAITED(co_await in.peek(1), "");
        }
    });
}

TEST_CASE("the forms with an error store it, or clear it, and do not throw", "[net]") {
    run_virtually([](loop&) -> task<> {
        for (const bool suspends : {false, true}) {
            scripted_stream from(incoming("one\ntwo\nthree;four.fiv", 4), suspends);
            reader in(from, {.buffer_size = 8});
            std::error_code error = stream_errc::too_long;
            CHECK_AWAITED(co_await in.read_line(error), "one");
            CHECK_FALSE(error);
            CHECK_AWAITED(co_await in.read_line(2, error), std::nullopt);
            CHECK(error == stream_errc::too_long);
            CHECK_AWAITED(co_await in.peek(2, error), "tw");
            CHECK_FALSE(error);
            CHECK_AWAITED(co_await in.skip(4, error), 4);
            CHECK_AWAITED(co_await in.read_until(";", 2, error), std::nullopt);
            CHECK(error == stream_errc::too_long);
            CHECK_AWAITED(co_await in.read_until(";", error), "three");
            CHECK_FALSE(error);
            std::array<char, 4> four{};
            CHECK_AWAITED(co_await in.read_exactly(four, error), 4);
            CHECK_AWAITED(co_await in.read_exactly(100'000, error), "");
            CHECK(error == stream_errc::too_long);
            CHECK_AWAITED(co_await in.read_exactly(1, error), ".");
            CHECK_AWAITED(co_await in.read_exactly(four, error), 0);
            CHECK(error == stream_errc::end_of_stream);
            CHECK_AWAITED(co_await in.read_some(four, error), 3);
            CHECK_FALSE(error);
            CHECK_AWAITED(co_await in.read_all(0, error), "");
            CHECK_AWAITED(co_await in.read_all(error), "");
            CHECK_AWAITED(co_await in.skip(1, error), 0);
            CHECK(error == stream_errc::end_of_stream);
            CHECK_AWAITED(co_await in.read_line(error), std::nullopt);
            CHECK_FALSE(error);
        }
    });
}

TEST_CASE("large memory is received into directly", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        const std::string bytes = byte_pattern(std::size_t{4} << 20U);
        const auto send = [&]() -> task<> { co_await pair.one.send_all(bytes); };
        joinable_task_group group;
        group.spawn(send());
        reader in(pair.other);
        std::string received(bytes.size(), '\0');
        CHECK_AWAITED(co_await in.read_exactly(received), bytes.size());
        CHECK(in.buffered().empty());
        CHECK((received == bytes));
        co_await group.join();
    });
}

TEST_CASE("the errors of the stream are thrown as they are", "[net]") {
    run_virtually([](loop&) -> task<> {
        struct broken_stream {
            task<std::size_t> recv(ringlet::mutable_buffer /*into*/) {
                co_await ringlet::yield();
                throw std::system_error(std::make_error_code(std::errc::connection_reset), "recv");
            }
        } from;
        reader in(from);
        std::error_code error;
        CHECK_AWAITED(co_await in.read_line(error), std::nullopt);
        CHECK(error == std::errc::connection_reset);
        std::string text;
        try {
            co_await in.read_line();
        } catch (const std::system_error& thrown) {
            text = thrown.what();
        }
        CHECK(text.find("recv") == 0);
    });
}

TEST_CASE("a stream may throw what is no error code", "[net]") {
    run_virtually([](loop&) -> task<> {
        struct strange_stream {
            task<std::size_t> recv(ringlet::mutable_buffer /*into*/) {
                co_await ringlet::yield();
                throw std::runtime_error("strange");
            }
        } from;
        reader in(from);
        std::error_code error;
        std::string text;
        try {
            co_await in.read_line(error);
        } catch (const std::runtime_error& thrown) {
            text = thrown.what();
        }
        CHECK(text == "strange");
        CHECK(in.idle());
    });
}

TEST_CASE("who only reads what is buffered does not keep the others waiting", "[net]") {
    run_virtually([](loop&) -> task<> {
        const std::string lines(200'000, '\n');
        scripted_stream from{incoming(lines)};
        reader in(from, {.buffer_size = lines.size()});
        const auto again = [&] { return in.read_line(); };
        const bool others = co_await others_go_on(again);
        CHECK(others);
        CHECK(in.buffered().size() > 90'000);
    });
}

TEST_CASE("a reader belongs to a loop", "[net]") {
    scripted_stream from{incoming("")};
    CHECK_THROWS_AS(reader(from), std::logic_error);
}

}  // namespace tests::net_reader
