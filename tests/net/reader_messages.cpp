// How long a message may take: reader_options::message_timeout.

#include "catch.hpp"
#include "check_awaited.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/when_all.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/stream_pair.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace tests::net_reader_messages {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::reader;
using ringlet::task;

namespace {

/// Sends a byte each 100 ms.
task<> trickle(ringlet::stream& to, std::string_view text) {
    for (const char& each : text) {
        co_await ringlet::sleep_for(100ms);
        co_await to.send_all(std::string_view(&each, 1));
    }
}

}  // namespace

TEST_CASE("a message has a time limit from its first byte, however long the wait for it", "[net]") {
    run_virtually([](loop& owner) -> task<> {
        ringlet::stream_pair pair;
        reader in(pair.one, {.timeout = 1h, .message_timeout = 500ms});
        const auto read = [&]() -> task<> {
            const auto first = co_await in.read_line();
            CHECK(first == "four");
            const auto begun = owner.now();
            std::error_code error;
            const auto slow = co_await in.read_line(error);
            CHECK_FALSE(slow);
            CHECK(error == std::errc::timed_out);
            CHECK(owner.now() - begun == 600ms);  // the first byte came after 100 ms
            CHECK(in.buffered() == "too s");
        };
        const auto write = [&]() -> task<> {
            co_await ringlet::sleep_for(30min);
            co_await trickle(pair.other, "four\ntoo slow\n");
        };
        co_await ringlet::when_all(read(), write());
    });
}

TEST_CASE("a message may be of several reads, and has one time limit", "[net]") {
    run_virtually([](loop& owner) -> task<> {
        ringlet::stream_pair pair;
        reader in(pair.one, {.message_timeout = 1s});
        const auto read = [&]() -> task<> {
            for (int i = 0; i < 2; ++i) {
                in.begin_message();
                const auto head = co_await in.read_line();
                CHECK(head == "123");
                std::string body(3, '.');
                CHECK_AWAITED(co_await in.read_exactly(body), 3);
                CHECK(body == "abc");
            }
            in.begin_message();
            const auto begun = owner.now();
            const auto head = co_await in.read_line();
            CHECK(head == "123");
            std::string body(9, '.');
            std::error_code error;
            CHECK_AWAITED(co_await in.read_exactly(body, error), 0);
            CHECK(error == std::errc::timed_out);
            CHECK(owner.now() - begun == 1100ms);
        };
        const auto write = [&]() -> task<> {
            co_await trickle(pair.other, "123\nabc123\nabc123\nabcdefghi");
        };
        co_await ringlet::when_all(read(), write());
    });
}

TEST_CASE("bytes that are left over begin the next message when it is read", "[net]") {
    run_virtually([](loop& owner) -> task<> {
        ringlet::stream_pair pair;
        reader in(pair.one, {.message_timeout = 500ms});
        CHECK_AWAITED(co_await pair.other.send_all("whole\nhalf"), 10);
        const auto whole = co_await in.read_line();
        CHECK(whole == "whole");
        co_await ringlet::sleep_for(1h);
        const auto begun = owner.now();
        std::error_code error;
        const auto half = co_await in.read_line(error);
        CHECK_FALSE(half);
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - begun == 500ms);
    });
}

TEST_CASE("a message's timeout that makes no sense is refused by name", "[net]") {
    run_virtually([](loop&) -> task<> {
        ringlet::stream_pair pair;
        for (const std::chrono::milliseconds timeout : {-1ms, std::chrono::milliseconds::max()})
            CHECK_THROWS_WITH(reader(pair.one, {.message_timeout = timeout}),
                              "reader_options: message_timeout must be 0 to a year");
        co_return;
    });
}

}  // namespace tests::net_reader_messages
