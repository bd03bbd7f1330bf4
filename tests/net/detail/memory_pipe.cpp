#include "byte_pattern.hpp"
#include "cancellable.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "others_go_on.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/detail/memory_pipe.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace tests::net_memory_pipe {

using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::joinable_task_group;
using ringlet::detail::memory_pipe;

namespace {

/// Receives up to the end.
task<std::string> receive_all(memory_pipe& from, std::size_t piece_max) {
    std::string received;
    std::string piece(piece_max, '\0');
    while (const std::size_t count = co_await from.recv(piece))
        received.append(piece, 0, count);
    co_return received;
}

task<> send(memory_pipe& to, std::string_view bytes, std::error_code& error, std::size_t& sent) {
    sent = co_await to.send_all(bytes, error);
}

task<> receive(memory_pipe& from, std::string& into, std::error_code& error) {
    std::array<char, 4> piece{};
    const std::size_t count = co_await from.recv(piece, error);
    into.append(piece.data(), count);
}

template <class Awaiting>
task<std::string> thrown_by(Awaiting awaiting) {
    try {
        co_await awaiting();
    } catch (const std::exception& thrown) {
        co_return thrown.what();
    }
    co_return "nothing was thrown";
}

}  // namespace

TEST_CASE("bytes pass through a pipe in order, whatever its capacity", "[net]") {
    run_virtually([](loop&) -> task<> {
        const std::string bytes = byte_pattern(1000);
        for (const std::size_t capacity : {1U, 2U, 7U, 999U, 1000U, 65'536U})
            for (const std::size_t piece : {1U, 3U, 1000U}) {
                memory_pipe pipe(capacity);
                const auto send_in_two = [&]() -> task<> {
                    const std::size_t first = co_await pipe.send_all(bytes.substr(0, 333));
                    const std::size_t second = co_await pipe.send_all(bytes.substr(333));
                    CHECK(first + second == bytes.size());
                    CHECK(pipe.size() <= capacity);
                    pipe.end_sending();
                };
                joinable_task_group group;
                group.spawn(send_in_two());
                const std::string received = co_await receive_all(pipe, piece);
                INFO("capacity " << capacity << ", pieces of " << piece);
                CHECK((received == bytes));
                co_await group.join();
            }
    });
}

TEST_CASE("who waits to receive is given what is sent", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe(2);
        std::string received;
        std::error_code error = std::make_error_code(std::errc::io_error);
        joinable_task_group group;
        group.spawn(receive(pipe, received, error));
        CHECK(pipe.receiving());
        CHECK_AWAITED(co_await pipe.send_all("abcd"), 4);
        CHECK_FALSE(pipe.receiving());
        co_await group.join();
        CHECK(received == "ab");
        CHECK_FALSE(error);
        CHECK(pipe.size() == 2);
    });
}

TEST_CASE("a sender waits for room", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe(4);
        std::size_t sent = 0;
        std::error_code error;
        joinable_task_group group;
        group.spawn(send(pipe, "abcdefghij", error, sent));
        CHECK(pipe.sending());
        CHECK(pipe.size() == 4);
        std::string received;
        while (received.size() < 8) {
            CHECK(sent == 0);
            co_await receive(pipe, received, error);
        }
        co_await group.join();
        CHECK(sent == 10);
        CHECK(pipe.size() == 2);
    });
}

TEST_CASE("a receive that is cancelled takes nothing, unless it was given it already", "[net]") {
    const bool given = GENERATE(false, true);
    run_virtually([=](loop&) -> task<> {
        memory_pipe pipe;
        std::string received;
        std::error_code error;
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, receive(pipe, received, error)));
        if (given)
            co_await pipe.send_all("abc");
        scope->cancel();
        if (!given)
            co_await pipe.send_all("abc");
        co_await group.join();
        CHECK(error ==
              (given ? std::error_code() : std::make_error_code(std::errc::operation_canceled)));
        CHECK(received.size() + pipe.size() == 3);
        CHECK(received == (given ? "abc" : ""));
    });
}

TEST_CASE("a send that is cancelled says how much had been sent, and that is received", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe(4);
        std::size_t sent = 0;
        std::error_code error;
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, send(pipe, "abcdefghij", error, sent)));
        std::string received;
        std::error_code none;
        co_await receive(pipe, received, none);
        scope->cancel();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        CHECK(sent == 8);
        pipe.end_sending();
        const std::string rest = co_await receive_all(pipe, 100);
        CHECK(received + rest == "abcdefgh");
    });
}

TEST_CASE("in a cancelled scope nothing is sent or received", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe;
        co_await pipe.send_all("a");
        cancel_scope scope;
        scope.cancel();
        std::error_code error;
        std::size_t sent = 1;
        std::string received;
        co_await send(pipe, "b", error, sent);
        CHECK(error == std::errc::operation_canceled);
        CHECK(sent == 0);
        co_await receive(pipe, received, error);
        CHECK(error == std::errc::operation_canceled);
        CHECK(pipe.size() == 1);
    });
}

TEST_CASE("a pipe whose sending side is shut down ends after what is in it", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe;
        std::string received;
        std::error_code error;
        co_await pipe.send_all("abc");
        pipe.end_sending();
        CHECK_AWAITED(co_await receive_all(pipe, 2), "abc");
        CHECK_AWAITED(co_await receive_all(pipe, 2), "");
        CHECK_AWAITED(co_await thrown_by([&] { return pipe.send_all("x"); }), "send: Broken pipe");
        CHECK_AWAITED(co_await pipe.send_all(""), 0);

        memory_pipe other;
        joinable_task_group group;
        group.spawn(receive(other, received, error));
        other.end_sending();
        co_await group.join();
        CHECK(received.empty());
        CHECK_FALSE(error);
    });
}

TEST_CASE("a pipe that nobody receives from is broken", "[net]") {
    run_virtually([=](loop&) -> task<> {
        memory_pipe pipe(2);
        std::size_t sent = 0;
        std::error_code error;
        joinable_task_group group;
        group.spawn(send(pipe, "abcd", error, sent));
        pipe.end_receiving();
        co_await group.join();
        CHECK(error == std::errc::broken_pipe);
        CHECK(sent == 2);
        CHECK_AWAITED(co_await receive_all(pipe, 10), "ab");
    });
}

TEST_CASE("one receive and one send at a time", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe(1);
        std::array<char, 1> piece{};
        std::string received;
        std::size_t sent = 0;
        std::error_code error;
        joinable_task_group group;
        group.spawn(receive(pipe, received, error));
        const std::string second = co_await thrown_by([&] { return pipe.recv(piece); });
        CHECK(second.find("recv: another one is pending") == 0);
        co_await pipe.send_all("a");
        group.spawn(send(pipe, "bc", error, sent));
        const std::string other = co_await thrown_by([&] { return pipe.send_all("d"); });
        CHECK(other.find("send: another one is pending") == 0);
        co_await ringlet::yield();
        co_await receive(pipe, received, error);
        co_await group.join();
        CHECK(received == "ab");
    });
}

TEST_CASE("pipes and buffers of no size are refused", "[net]") {
    CHECK_THROWS_AS(memory_pipe(0), std::invalid_argument);
    CHECK_THROWS_AS(memory_pipe((std::size_t{1} << 30U) + 1), std::invalid_argument);
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe;
        CHECK_THROWS_AS(pipe.recv(std::span<char>()), std::invalid_argument);
        co_return;
    });
}

TEST_CASE("who finds bytes and room again and again does not keep the others waiting", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe;
        std::array<char, 1> piece{};
        const auto again = [&]() -> task<> {
            co_await pipe.send_all("x");
            co_await pipe.recv(piece);
        };
        const bool others = co_await others_go_on(again);
        CHECK(others);
    });
}

}  // namespace tests::net_memory_pipe
