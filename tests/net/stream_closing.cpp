// How a stream is closed.

#include "byte_pattern.hpp"
#include "catch.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/stream.hpp>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace tests::net_stream_closing {

using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

TEST_CASE("close ends what is pending on a stream, and the peer sees the end", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        bound_buffers(pair);
        std::error_code received;
        std::error_code sent;
        const std::string bytes = byte_pattern(4 << 20);
        const auto receiver = [&]() -> task<> {
            std::array<char, 16> buffer{};
            co_await pair.one.recv(buffer, received);
        };
        const auto sender = [&]() -> task<> { co_await pair.one.send_all(bytes, sent); };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(receiver());
            group.spawn(sender());
            co_await ringlet::yield();  // both are with the kernel now
            co_await pair.one.close();
            CHECK_FALSE(pair.one.is_open());
        });
        INFO(received << ", " << sent);
        CHECK(received == std::errc::operation_canceled);
        CHECK(sent == std::errc::operation_canceled);
        const std::string rest = co_await receive(pair.other, bytes.size());
        CHECK(rest.size() < bytes.size());
    });
}

TEST_CASE("a closed stream stays closed", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        co_await pair.one.close();
        co_await pair.one.close();
        CHECK_FALSE(pair.one.is_open());
        std::array<char, 16> buffer{};
        std::error_code error;
        co_await pair.one.recv(buffer, error);
        CHECK(error.value() == EBADF);
        co_await pair.one.send_all("x", error);
        CHECK(error.value() == EBADF);
        co_await pair.one.end_sending(error);
        CHECK(error.value() == EBADF);
    });
}

TEST_CASE("close is not cancelled itself", "[net]") {
    const bool receiving = GENERATE(false, true);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        const auto receiver = [&]() -> task<> {
            std::error_code error;
            std::array<char, 16> buffer{};
            co_await pair.one.recv(buffer, error);
        };
        co_await task_group::run([&](task_group& group) -> task<> {
            if (receiving)
                group.spawn(receiver());
            ringlet::cancel_scope scope;
            scope.cancel();
            co_await pair.one.close();
        });
        CHECK_FALSE(pair.one.is_open());
        const std::string nothing = co_await receive(pair.other, 1);
        CHECK(nothing.empty());
    });
}

TEST_CASE("closing a stream ends a coroutine that tries again", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        const auto receive_on = [&]() -> task<> {
            std::array<char, 16> buffer{};
            std::error_code error;
            for (int failures = 0; failures < 5; failures += error ? 1 : 0)
                co_await pair.one.recv(buffer, error);
        };
        joinable_task_group group;
        group.spawn(receive_on());
        co_await ringlet::yield();
        co_await pair.one.close();
        CHECK_FALSE(pair.one.is_open());
        co_await group.join();
    });
}

TEST_CASE("several coroutines may close one stream at a time", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        std::error_code error;
        const auto receiver = [&]() -> task<> {
            std::array<char, 16> buffer{};
            co_await pair.one.recv(buffer, error);
        };
        joinable_task_group group;
        group.spawn(receiver());
        co_await ringlet::yield();
        for (int i = 0; i < 3; ++i)
            group.spawn(pair.one.close());
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        CHECK_FALSE(pair.one.is_open());
    });
}

TEST_CASE("an aborted TCP stream ends what is pending, and fails at its peer", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        bound_buffers(pair);
        std::error_code received;
        std::error_code sent;
        const std::string bytes = byte_pattern(4 << 20);
        const auto receiver = [&]() -> task<> {
            std::array<char, 16> buffer{};
            co_await pair.one.recv(buffer, received);
        };
        const auto sender = [&]() -> task<> { co_await pair.one.send_all(bytes, sent); };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(receiver());
            group.spawn(sender());
            co_await ringlet::yield();
            ringlet::cancel_scope scope;
            scope.cancel();  // which does not keep it from being aborted
            co_await pair.one.abort();
            CHECK_FALSE(pair.one.is_open());
        });
        CHECK(received == std::errc::operation_canceled);
        CHECK(sent == std::errc::operation_canceled);
        std::error_code error;
        std::string buffer(65'536, '.');
        std::size_t count = 1;
        for (std::size_t all = 0; count > 0 && all < bytes.size(); all += count)
            count = co_await pair.other.recv(buffer, error);
        CHECK(error == std::errc::connection_reset);
        co_await pair.one.abort();  // it stays closed
    });
}

TEST_CASE("an aborted TCP stream that has ended its sending side fails at its peer too", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        co_await pair.one.send_all("all");
        co_await pair.one.end_sending();
        const std::string all = co_await receive(pair.other, 100);
        CHECK(all == "all");
        co_await pair.one.abort();
        std::error_code error;
        co_await pair.other.send_all("an answer", error);
        CHECK(error);
    });
}

TEST_CASE("an aborted Unix stream fails at a peer whose bytes are lost, and ends at others",
          "[net]") {
    const bool lost = GENERATE(false, true);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, stream_transport::unix_socket);
        if (lost)
            co_await pair.other.send_all("never received");
        co_await pair.one.abort();
        CHECK_FALSE(pair.one.is_open());
        std::array<char, 16> buffer{};
        std::error_code error;
        co_await pair.other.recv(buffer, error);
        CHECK((error == std::errc::connection_reset) == lost);
    });
}

}  // namespace tests::net_stream_closing
