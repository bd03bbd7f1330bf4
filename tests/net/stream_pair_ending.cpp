#include "cancellable.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/net/stream_pair.hpp>

#include <array>
#include <string_view>
#include <system_error>

namespace tests::net_stream_pair_ending {

using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::stream;
using ringlet::stream_pair;
using ringlet::task;
using ringlet::detail::joinable_task_group;

namespace {

task<> receive(stream& from, std::size_t& count, std::error_code& error) {
    std::array<char, 8> piece{};
    count = co_await from.recv(piece, error);
}

task<> send(stream& to, std::string_view bytes, std::size_t& sent, std::error_code& error) {
    sent = co_await to.send_all(bytes, error);
}

}  // namespace

TEST_CASE("half a stream can be ended, and the other half goes on", "[net]") {
    run_virtually([](loop&) -> task<> {
        stream_pair pair;
        std::array<char, 8> piece{};
        co_await pair.one.send_all("question");
        co_await pair.one.end_sending();
        CHECK_AWAITED(co_await pair.other.recv(piece), 8);
        CHECK_AWAITED(co_await pair.other.recv(piece), 0);
        CHECK_AWAITED(co_await pair.other.send_all("answer"), 6);
        CHECK_AWAITED(co_await pair.one.recv(piece), 6);
        co_await pair.one.close();
        std::error_code error;
        CHECK_AWAITED(co_await pair.other.send_all("more", error), 0);
        CHECK(error == std::errc::broken_pipe);
    });
}

TEST_CASE("closing a stream in memory cancels what is pending on it, and its peer sees the end",
          "[net]") {
    run_virtually([](loop&) -> task<> {
        stream_pair pair(4);
        std::size_t received = 1;
        std::size_t sent = 1;
        std::error_code receive_error;
        std::error_code send_error;
        joinable_task_group group;
        group.spawn(receive(pair.one, received, receive_error));
        group.spawn(send(pair.one, "12345678", sent, send_error));
        CHECK_FALSE(pair.one.idle());
        cancel_scope scope;
        scope.cancel();  // which does not keep it from being closed
        co_await pair.one.close();
        CHECK(receive_error == std::errc::operation_canceled);
        CHECK(received == 0);
        CHECK(send_error == std::errc::operation_canceled);
        CHECK(sent == 4);
        CHECK(pair.one.idle());
    });
}

TEST_CASE("the peer of a closed stream in memory receives what was sent, and then the end",
          "[net]") {
    run_virtually([](loop&) -> task<> {
        stream_pair pair;
        co_await pair.one.send_all("last");
        co_await pair.one.close();
        std::array<char, 8> piece{};
        CHECK_AWAITED(co_await pair.other.recv(piece), 4);
        CHECK_AWAITED(co_await pair.other.recv(piece), 0);
        std::error_code error;
        CHECK_AWAITED(co_await pair.other.send_all("x", error), 0);
        CHECK(error == std::errc::broken_pipe);
        co_await pair.other.close();
        co_await pair.other.close();
    });
}

TEST_CASE("an aborted stream in memory fails at its peer", "[net]") {
    const bool waits = GENERATE(false, true);
    run_virtually([=](loop&) -> task<> {
        stream_pair pair(4);
        std::size_t received = 1;
        std::size_t sent = 1;
        std::error_code receive_error;
        std::error_code send_error;
        joinable_task_group group;
        if (waits)
            group.spawn(receive(pair.other, received, receive_error));
        else
            co_await pair.one.send_all("lost");
        group.spawn(send(pair.other, "12345678", sent, send_error));
        co_await pair.one.abort();
        if (!waits)
            co_await receive(pair.other, received, receive_error);
        co_await group.join();
        CHECK(receive_error == std::errc::connection_reset);
        CHECK(received == 0);
        CHECK(send_error == std::errc::broken_pipe);
        CHECK(pair.one.idle());
        co_await receive(pair.other, received, receive_error);
        CHECK(receive_error == std::errc::connection_reset);
    });
}

TEST_CASE("a stream in memory that has ended ends, whatever comes after", "[net]") {
    run_virtually([](loop&) -> task<> {
        stream_pair pair;
        co_await pair.one.send_all("all");
        co_await pair.one.end_sending();
        co_await pair.one.abort();
        std::array<char, 8> piece{};
        CHECK_AWAITED(co_await pair.other.recv(piece), 3);
        CHECK_AWAITED(co_await pair.other.recv(piece), 0);
    });
}

}  // namespace tests::net_stream_pair_ending
