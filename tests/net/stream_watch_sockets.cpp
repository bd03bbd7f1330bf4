// A stream_watch over real sockets; what is late when is in stream_watch.cpp, in virtual time.

#include "byte_pattern.hpp"
#include "catch.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/task_group.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/net/stream_watch.hpp>

#include <array>
#include <chrono>
#include <string>
#include <string_view>

namespace tests::net_stream_watch_sockets {

using namespace std::chrono_literals;
using ringlet::const_buffer;
using ringlet::loop;
using ringlet::stream;
using ringlet::stream_watch;
using ringlet::task;
using ringlet::task_group;

namespace {

constexpr std::size_t eight_mebibytes = std::size_t{8} << 20U;

/// The ways to send all of something. Each yields how much was sent.
using sending = task<std::size_t> (*)(stream&, std::string_view, std::error_code&);

task<std::size_t> send_whole(stream& to, std::string_view bytes, std::error_code& error) {
    co_return co_await to.send_all(bytes, error);
}

task<std::size_t> send_halves(stream& to, std::string_view bytes, std::error_code& error) {
    const std::string_view first = bytes.substr(0, bytes.size() / 2);
    const std::array<const_buffer, 2> halves{first, bytes.substr(first.size())};
    co_return co_await to.send_all(std::span(halves), error);
}

task<> send_in_background(sending way, stream& to, std::string_view bytes, std::size_t& sent,
                          std::error_code& error) {
    sent = co_await way(to, bytes, error);
}

}  // namespace

TEST_CASE("a client that says nothing can be told so, and go on", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    const ringlet::stream_timeouts timeouts =
        GENERATE(ringlet::stream_timeouts{.idle = 20ms}, ringlet::stream_timeouts{.read = 20ms});
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        const stream_watch watch(pair.one, timeouts);
        std::array<char, 16> buffer;
        std::error_code error;
        for (int i = 0; i < 3; ++i) {
            const auto began = owner.core().turn_began();
            const std::size_t nothing = co_await pair.one.recv(buffer, error);
            CHECK(nothing == 0);
            CHECK(error == std::errc::timed_out);
            CHECK(owner.now() - began >= 20ms);
            CHECK_FALSE(pair.one.at_end());
            co_await pair.one.send_all("408\n");
            const std::string told = co_await receive(pair.other, 4);
            CHECK(told == "408\n");
        }
        co_await pair.other.send_all("sorry");
        const std::string said = co_await receive(pair.one, 5);
        CHECK(said == "sorry");
    });
}

TEST_CASE("a peer that takes nothing ends a send, which says how much is on its way", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    const sending way = GENERATE(&send_whole, &send_halves);
    const ringlet::stream_timeouts timeouts =
        GENERATE(ringlet::stream_timeouts{.idle = 50ms}, ringlet::stream_timeouts{.write = 50ms});
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        bound_buffers(pair);
        const std::string bytes = byte_pattern(eight_mebibytes);
        const stream_watch watch(pair.one, timeouts);
        std::error_code error;
        const std::size_t sent = co_await way(pair.one, bytes, error);
        CHECK(error == std::errc::timed_out);
        CHECK(sent > 0);
        CHECK(sent < bytes.size());
        const std::string received = co_await receive(pair.other, sent);
        CHECK((received == std::string_view(bytes).substr(0, sent)));
        co_await pair.one.send_all("the next");
        const std::string next = co_await receive(pair.other, 8);
        CHECK(next == "the next");
    });
}

TEST_CASE("a peer that reads slowly gets all of eight mebibytes", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    const sending way = GENERATE(&send_whole, &send_halves);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        bound_buffers(pair);
        const std::string bytes = byte_pattern(eight_mebibytes);
        const stream_watch watch(pair.one, {.idle = time_limit, .write = time_limit});
        std::size_t sent = 0;
        std::error_code error;
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(send_in_background(way, pair.one, bytes, sent, error));
            const std::string received = co_await receive(pair.other, bytes.size(), 5'000);
            CHECK((received == bytes));
        });
        CHECK_FALSE(error);
        CHECK(sent == bytes.size());
    });
}

TEST_CASE("an idle stream ends both what it receives and what it sends", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        bound_buffers(pair);
        const std::string bytes = byte_pattern(eight_mebibytes);
        const stream_watch watch(pair.one, {.idle = 50ms});
        std::size_t sent = 0;
        std::error_code sending_error;
        std::error_code receiving_error;
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(send_in_background(send_whole, pair.one, bytes, sent, sending_error));
            std::array<char, 1> buffer;
            co_await pair.one.recv(buffer, receiving_error);
        });
        CHECK(sending_error == std::errc::timed_out);
        CHECK(receiving_error == std::errc::timed_out);
    });
}

TEST_CASE("a stream is closed under its watch", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        const stream_watch watch(pair.one, {.idle = 1h, .read = 10ms, .write = 1h});
        std::error_code error;
        const auto receive_one = [&]() -> task<> {
            std::array<char, 1> buffer;
            co_await pair.one.recv(buffer, error);
        };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(receive_one());
            co_await pair.one.close();
        });
        CHECK(error == std::errc::operation_canceled);
    });
}

}  // namespace tests::net_stream_watch_sockets
