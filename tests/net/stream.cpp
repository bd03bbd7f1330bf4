#include "byte_pattern.hpp"
#include "catch.hpp"
#include "forked_child.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/stream.hpp>

#include <netinet/tcp.h>

#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace tests::net_stream {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

namespace {

/// What `attempt()`, a coroutine, throws as std::system_error; no error if it throws nothing.
template <class Attempt>
task<std::error_code> error_of(Attempt attempt, std::string_view call) {
    try {
        co_await attempt();
    } catch (const std::system_error& error) {
        INFO(error.what());
        CHECK(std::string_view(error.what()).starts_with(call));
        co_return error.code();
    }
    co_return std::error_code();
}

}  // namespace

TEST_CASE("what is sent on a stream comes out at the other end", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        const std::size_t sent = co_await pair.one.send_all("question");
        CHECK(sent == 8);
        const std::string question = co_await receive(pair.other, 8);
        CHECK(question == "question");
        const std::size_t answered = co_await pair.other.send("answer");
        CHECK(answered == 6);
        const std::string answer = co_await receive(pair.one, 6);
        CHECK(answer == "answer");
    });
}

TEST_CASE("recv yields what has come, up to the size of the buffer", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        co_await pair.one.send_all("abcdef");
        std::array<char, 4> few{};
        std::size_t count = co_await pair.other.recv(few);
        CHECK(std::string_view(few.data(), count) == "abcd");
        std::array<unsigned char, 4096> many{};
        count = co_await pair.other.recv(many);
        CHECK(count == 2);
    });
}

TEST_CASE("recv into an empty buffer is refused: it could not be told from the end", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        std::string empty;
        std::error_code error;
        CHECK_THROWS_AS(pair.one.recv(empty), std::invalid_argument);
        CHECK_THROWS_AS(pair.one.recv(empty, error), std::invalid_argument);
        co_return;
    });
}

TEST_CASE("a peer that has ended its side can still be answered", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        co_await pair.one.send_all("last words");
        co_await pair.one.end_sending();
        const std::string words = co_await receive(pair.other, 100);
        CHECK(words == "last words");
        CHECK(pair.other.at_end());
        std::array<char, 16> buffer{};
        const std::size_t again = co_await pair.other.recv(buffer);
        CHECK(again == 0);
        co_await pair.other.send_all("farewell");
        const std::string answer = co_await receive(pair.one, 8);
        CHECK(answer == "farewell");
        CHECK_FALSE(pair.one.at_end());
    });
}

TEST_CASE("both directions of a stream are independent", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        bound_buffers(pair);
        const std::string bytes = byte_pattern(4 << 20);
        const auto exchange = [&](stream& end) -> task<> {
            const auto send = [&]() -> task<> { co_await end.send_all(bytes); };
            co_await task_group::run([&](task_group& group) -> task<> {
                group.spawn(send());
                const std::string received = co_await receive(end, bytes.size());
                CHECK((received == bytes));
            });
        };
        joinable_task_group group;
        group.spawn(exchange(pair.one));
        group.spawn(exchange(pair.other));
        co_await group.join();
    });
}

TEST_CASE("a reset while a receive is pending is its error", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        connected_pair sockets = tcp_pair();
        stream one(owner, std::move(sockets.one));
        owner.post([&] { reset(sockets.other); });
        std::array<char, 16> buffer{};
        const std::error_code thrown =
            co_await error_of([&]() -> task<> { co_await one.recv(buffer); }, "recv");
        CHECK(thrown == std::errc::connection_reset);
        CHECK_FALSE(one.at_end());
    });
}

TEST_CASE("the error of a receive is stored where that is asked for", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        connected_pair sockets = tcp_pair();
        stream one(owner, std::move(sockets.one));
        std::array<char, 16> buffer{};
        std::error_code error = std::make_error_code(std::errc::io_error);
        CHECK(::send(sockets.peer(), "x", 1, 0) == 1);
        std::size_t count = co_await one.recv(buffer, error);
        CHECK(count == 1);
        CHECK_FALSE(error);
        owner.post([&] { reset(sockets.other); });
        count = co_await one.recv(buffer, error);
        CHECK(count == 0);
        CHECK(error == std::errc::connection_reset);
    });
}

TEST_CASE("a second receive at the same time is a logic_error, and harms nothing", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        std::string first;
        const auto receiver = [&]() -> task<> { first = co_await receive(pair.one, 5); };
        bool refused = false;
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(receiver());
            CHECK_FALSE(pair.one.idle());
            std::array<char, 16> buffer{};
            try {
                co_await pair.one.recv(buffer);
            } catch (const std::logic_error&) {
                refused = true;
            }
            CHECK_FALSE(pair.one.idle());
            co_await pair.other.send_all("first");
        });
        CHECK(refused);
        CHECK(first == "first");
        CHECK(pair.one.idle());
    });
}

TEST_CASE("a deadline ends a receive, and the stream can be used after it", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        {
            const ringlet::cancel_scope limit(1ms);
            std::array<char, 16> buffer{};
            std::error_code error;
            co_await pair.one.recv(buffer, error);
            CHECK(error == std::errc::timed_out);
        }
        co_await pair.other.send_all("late");
        const std::string late = co_await receive(pair.one, 4);
        CHECK(late == "late");
    });
}

TEST_CASE("bytes that come along with a cancellation are not lost", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        connected_pair sockets = tcp_pair();
        stream one(owner, std::move(sockets.one));
        const std::string bytes = byte_pattern(300);
        std::string received;
        while (received.size() < bytes.size()) {
            ringlet::cancel_scope scope;
            owner.post([&] {
                const auto next = std::string_view(bytes).substr(received.size(), 1);
                CHECK(::send(sockets.peer(), next.data(), next.size(), 0) == 1);
                scope.cancel();
            });
            std::array<char, 16> buffer{};
            std::error_code error;
            std::size_t count = co_await one.recv(buffer, error);
            if (error == std::errc::operation_canceled) {
                const ringlet::shield shield_guard(owner);
                count = co_await one.recv(buffer);
            }
            received.append(buffer.data(), count);
        }
        CHECK((received == bytes));
    });
}

TEST_CASE("a stream knows its addresses, and gives its socket away", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        CHECK(pair.one.local_address() == pair.other.peer_address());
        CHECK(pair.one.peer_address() == pair.other.local_address());
        CHECK(&pair.one.owner() == &owner);
        const stream_pair unnamed = make_streams(owner, stream_transport::unix_socket);
        CHECK(unnamed.one.peer_address().host().empty());
        stream moved = std::move(pair.one);
        ringlet::socket given = moved.release();
        CHECK(given.is_open());
        CHECK_FALSE(moved.is_open());
        stream again(owner, std::move(given));
        co_await again.send_all("still there");
        const std::string text = co_await receive(pair.other, 11);
        CHECK(text == "still there");
    });
}

TEST_CASE("a stream's options reach its socket", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        ringlet::socket& socket = pair.one.socket();
        for (const bool on : {true, false}) {
            pair.one.set_no_delay(on);
            CHECK(socket.get_option<int>(IPPROTO_TCP, TCP_NODELAY) == int{on});
            pair.one.set_keep_alive(on);
            CHECK(socket.get_option<int>(SOL_SOCKET, SO_KEEPALIVE) == int{on});
        }
        for (const int bytes : {16'384, 32'768}) {
            pair.one.set_receive_buffer_size(bytes);
            CHECK(socket.get_option<int>(SOL_SOCKET, SO_RCVBUF) == 2 * bytes);
            pair.one.set_send_buffer_size(bytes);
            CHECK(socket.get_option<int>(SOL_SOCKET, SO_SNDBUF) == 2 * bytes);
        }
        for (const bool on : {true, false, true}) {
            pair.one.set_reset_on_close(on);
            CHECK(socket.get_option<linger>(SOL_SOCKET, SO_LINGER).l_onoff == int{on});
            CHECK(socket.get_option<linger>(SOL_SOCKET, SO_LINGER).l_linger == 0);
        }
        co_await pair.one.close();
        std::array<char, 16> buffer{};
        std::error_code error;
        co_await pair.other.recv(buffer, error);
        CHECK(error == std::errc::connection_reset);
    });
}

TEST_CASE("moving or destroying a stream on which something is pending ends the program", "[net]") {
    const bool move = GENERATE(false, true);
    const child_end end = run_in_child([=] {
        loop owner;
        run_coroutine(owner, [&]() -> task<> {
            stream_pair pair = make_streams(owner);
            std::optional<stream> one(std::move(pair.one));
            joinable_task_group group;
            group.spawn([&]() -> task<> { co_await receive(*one, 1); });
            if (move)
                const stream moved = std::move(*one);
            else
                one.reset();
            co_return;
        });
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says(move ? "a stream was moved while an operation on it was pending"
                        : "a stream was destroyed while an operation on it was pending"));
}

}  // namespace tests::net_stream
