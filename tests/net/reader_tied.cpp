// A reader that is tied to a writer: when answers go out.

#include "catch.hpp"
#include "check_awaited.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/when_all.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/net/stream_pair.hpp>
#include <ringlet/net/writer.hpp>

#include <chrono>
#include <string>
#include <system_error>

namespace tests::net_reader_tied {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::reader;
using ringlet::stream;
using ringlet::task;
using ringlet::writer;

namespace {

/// Answers each line with its length.
task<> serve(stream& client) {
    reader in(client);
    writer out(client);
    in.tie(out);
    while (const auto line = co_await in.read_line())
        co_await out.print(line->size(), "\n");
    co_await out.flush();
    co_await client.end_sending();
}

}  // namespace

TEST_CASE("answers go out when the reader is about to wait, half a request or not", "[net]") {
    run_virtually([](loop&) -> task<> {
        ringlet::stream_pair pair;
        const auto ask = [&]() -> task<> {
            reader answers(pair.other);
            CHECK_AWAITED(co_await pair.other.send_all("a\nbb\nhalf a req"), 15);
            std::string buffer(100, '.');
            CHECK_AWAITED(co_await pair.other.recv(buffer), 4);  // both, together
            CHECK(buffer.substr(0, 4) == "1\n2\n");
            CHECK_AWAITED(co_await pair.other.send_all("uest\n"), 5);
            const auto third = co_await answers.read_line();
            CHECK(third == "14");
            co_await pair.other.end_sending();
            const auto end = co_await answers.read_line();
            CHECK_FALSE(end);
        };
        co_await ringlet::when_all(serve(pair.one), ask());
    });
}

TEST_CASE("a read of a tied reader throws what the send of the answers fails with", "[net]") {
    run_virtually([](loop&) -> task<> {
        ringlet::stream_pair pair;
        reader in(pair.one);
        writer out(pair.one);
        in.tie(out);
        co_await pair.other.close();
        co_await out.print("an answer for nobody");
        std::error_code error;
        const auto none = co_await in.read_line(error);
        CHECK_FALSE(none);
        CHECK(error == std::errc::broken_pipe);
        CHECK(out.failed());
    });
}

TEST_CASE("a tied reader leaves a write alone that is pending", "[net]") {
    run_virtually([](loop&) -> task<> {
        ringlet::stream_pair pair(10);
        reader in(pair.one);
        writer out(pair.one, {.buffer_size = 4});
        in.tie(out);
        const auto write = [&]() -> task<> { co_await out.write("longer than all buffers"); };
        const auto read = [&]() -> task<> {
            const auto line = co_await in.read_line();
            CHECK(line == "hello");
        };
        const auto peer = [&]() -> task<> {
            CHECK_AWAITED(co_await pair.other.send_all("hello\n"), 6);
            reader all(pair.other);
            const auto sent = co_await all.read_exactly(23);
            CHECK(sent == "longer than all buffers");
        };
        co_await ringlet::when_all(write(), read(), peer());
    });
}

}  // namespace tests::net_reader_tied
