#include "byte_pattern.hpp"
#include "catch.hpp"
#include "conversation.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/stream_pair.hpp>
#include <ringlet/net/writer.hpp>

#include <stdexcept>
#include <string>

namespace tests::net_stream_pair {

using ringlet::loop;
using ringlet::reader;
using ringlet::stream_pair;
using ringlet::task;
using ringlet::writer;
using ringlet::detail::joinable_task_group;

namespace {

/// A handler that does not care what kind of stream it serves.
template <class Stream>
task<> answer_lines(Stream& client) {
    reader in(client);
    writer out(client);
    for (int number = 1;; ++number) {
        const auto line = co_await in.read_line();
        if (!line)
            break;
        co_await out.print(number, ": ", *line, "\n");
    }
    co_await out.flush();
    co_await client.end_sending();
}

}  // namespace

TEST_CASE("a handler can be tested in memory, with pieces of any size", "[net]") {
    run_virtually([](loop&) -> task<> {
        for (const std::size_t capacity : {1U, 2U, 3U, 5U, 8U, 65'536U}) {
            stream_pair pair(capacity);
            const auto ask = [&]() -> task<> {
                co_await pair.one.send_all("first\r\nsecond\nthird");
                co_await pair.one.end_sending();
            };
            joinable_task_group group;
            group.spawn(answer_lines(pair.other));
            group.spawn(ask());
            reader answers(pair.one);
            const std::string_view all = co_await answers.read_all();
            CHECK(all == "1: first\n2: second\n3: third\n");
            co_await group.join();
        }
    });
}

TEST_CASE("both directions are carried at once", "[net]") {
    run_virtually([](loop&) -> task<> {
        stream_pair pair(100);
        const std::string bytes = byte_pattern(100'000);
        const auto send = [&](ringlet::stream& end) -> task<> {
            co_await end.send_all(bytes);
            co_await end.end_sending();
        };
        const auto receive = [&](ringlet::stream& end) -> task<> {
            reader in(end);
            const std::string_view received = co_await in.read_all(bytes.size());
            CHECK((received == bytes));
        };
        joinable_task_group group;
        for (ringlet::stream* const end : {&pair.one, &pair.other}) {
            group.spawn(send(*end));
            group.spawn(receive(*end));
        }
        co_await group.join();
    });
}

TEST_CASE("all kinds of reads mix freely in memory", "[net]") {
    run_virtually([](loop&) -> task<> {
        for (std::size_t capacity = 1; capacity <= conversation.size(); ++capacity) {
            stream_pair pair(capacity);
            const auto say = [&]() -> task<> {
                co_await pair.one.send_all(conversation);
                co_await pair.one.end_sending();
            };
            joinable_task_group group;
            group.spawn(say());
            reader in(pair.other);
            const std::string read = co_await converse(in, plainly);
            CHECK(read == understood);
            co_await group.join();
        }
    });
}

TEST_CASE("a pair of no capacity is refused", "[net]") {
    CHECK_THROWS_AS(stream_pair(0), std::invalid_argument);
}

}  // namespace tests::net_stream_pair
