// The sending side of a stream; the rest is in stream.cpp.

#include "byte_pattern.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "child_process.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/net/stream.hpp>

#include <fcntl.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace tests::net_stream_sending {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::task_group;

namespace {

constexpr std::size_t eight_mebibytes = std::size_t{8} << 20U;

task<> send_all(stream& to, const std::string& bytes, std::size_t& sent) {
    sent = co_await to.send_all(bytes);
}

/// The reset itself is told once, and not to a call that had sent some before.
bool says_gone(const std::error_code& error) {
    return error == std::errc::connection_reset || error == std::errc::broken_pipe;
}

}  // namespace

TEST_CASE("a slow reader gets all of eight mebibytes, and holds the sender back", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    const bool nonblocking = GENERATE(false, true);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        bound_buffers(pair);
        if (nonblocking)
            for (stream* const end : {&pair.one, &pair.other})
                ::fcntl(end->socket().native_handle(), F_SETFL, O_NONBLOCK);
        const std::string bytes = byte_pattern(eight_mebibytes);
        std::size_t sent = 0;
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(send_all(pair.one, bytes, sent));
            const std::string half = co_await receive(pair.other, eight_mebibytes / 2, 5'000);
            CHECK(sent == 0);  // it waits still
            CHECK_FALSE(pair.one.idle());
            const std::string rest = co_await receive(pair.other, eight_mebibytes / 2, 50'000);
            CHECK((half + rest == bytes));
        });
        CHECK(sent == bytes.size());
    });
}

TEST_CASE("send takes a part where not all fits, and says how much", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        bound_buffers(pair);
        const std::string bytes = byte_pattern(eight_mebibytes);
        const auto send_in_parts = [&]() -> task<> {
            std::size_t parts = 0;
            for (std::string_view left = bytes; !left.empty(); ++parts) {
                const std::size_t sent = co_await pair.one.send(left);
                CHECK((sent > 0 && sent <= left.size()));
                left.remove_prefix(sent);
            }
            CHECK(parts > 1);
        };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(send_in_parts());
            const std::string received = co_await receive(pair.other, bytes.size());
            CHECK((received == bytes));
        });
    });
}

TEST_CASE("a reset while a send is pending is its error, with what had been sent", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        connected_pair sockets = tcp_pair();
        stream one(owner, std::move(sockets.one));
        const std::string bytes = byte_pattern(eight_mebibytes);
        owner.post([&] { reset(sockets.other); });
        std::error_code error;
        const std::size_t sent = co_await one.send_all(bytes, error);
        CHECK(says_gone(error));
        CHECK(sent > 0);
        CHECK(sent < bytes.size());
        co_await one.send_all("x", error);  // and no SIGPIPE
        CHECK(error == std::errc::broken_pipe);
    });
}

TEST_CASE("sending to a peer that has reset throws, naming the call", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        connected_pair sockets = tcp_pair();
        stream one(owner, std::move(sockets.one));
        const std::string bytes = byte_pattern(eight_mebibytes);
        owner.post([&] { reset(sockets.other); });
        for (int attempt = 0; attempt < 2; ++attempt) {
            try {
                co_await one.send_all(bytes);
                FAIL("nothing was thrown");
            } catch (const std::system_error& thrown) {
                INFO(thrown.what());
                CHECK(says_gone(thrown.code()));
                CHECK(std::string_view(thrown.what()).starts_with("send"));
            }
        }
        std::error_code error;
        co_await one.send("x", error);
        CHECK(error == std::errc::broken_pipe);
    });
}

TEST_CASE("sending nothing sends nothing, any number of times, and lets others go on", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        int turns = 0;
        std::error_code error = std::make_error_code(std::errc::io_error);
        for (int i = 0; i < 1'000; ++i) {
            owner.post([&] { ++turns; });
            std::size_t sent = co_await pair.one.send_all("");
            sent += co_await pair.one.send(std::string(), error);
            CHECK((sent == 0 && !error));
        }
        CHECK(turns > 0);
        co_await pair.one.send_all("something");
        const std::string something = co_await receive(pair.other, 9);
        CHECK(something == "something");
    });
}

TEST_CASE("a second send at the same time is a logic_error, and harms nothing", "[net]") {
    const std::string second = GENERATE("more", "");
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        bound_buffers(pair);
        const std::string bytes = byte_pattern(eight_mebibytes);
        std::size_t sent = 0;
        bool refused = false;
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(send_all(pair.one, bytes, sent));
            try {
                co_await pair.one.send_all(second);
            } catch (const std::logic_error&) {
                refused = true;
            }
            CHECK_FALSE(pair.one.idle());
            const std::string received = co_await receive(pair.other, bytes.size());
            CHECK((received == bytes));
        });
        CHECK(refused);
        CHECK(sent == bytes.size());
        CHECK(pair.one.idle());
    });
}

TEST_CASE("a deadline ends a send that nobody reads, with what had been sent", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        bound_buffers(pair);
        const std::string bytes = byte_pattern(eight_mebibytes);
        std::error_code error;
        std::size_t sent = 0;
        {
            const ringlet::cancel_scope limit(1ms);
            sent = co_await pair.one.send_all(bytes, error);
        }
        CHECK(error == std::errc::timed_out);
        CHECK(sent < bytes.size());
        co_await pair.one.end_sending();
        const std::string received = co_await receive(pair.other, bytes.size());
        CHECK((received == bytes.substr(0, sent)));
    });
}

TEST_CASE("a client that knows nothing of us is served", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        ringlet::listener listener(owner, {"127.0.0.1", 0});
        child_process python({"python3", "-c", R"(
import socket, sys
with socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=30) as server:
    message = bytes(range(256)) * 4096
    server.sendall(message[:100])
    head = b''
    while len(head) < 100:
        head += server.recv(100)
    server.sendall(message[100:])
    server.shutdown(socket.SHUT_WR)
    rest = b''.join(iter(lambda: server.recv(65536), b''))
    print('right' if head + rest == message else 'wrong')
)",
                              std::to_string(listener.local_address().port())});
        stream client = co_await listener.accept();
        const auto echo = [&]() -> task<> {
            std::array<std::byte, 16'384> buffer;
            while (const auto count = co_await client.recv(buffer))
                co_await client.send_all(std::span(buffer).first(count));
            co_await client.close();
        };
        // The client sends all before it reads: what it gets back has to be held for it.
        client.set_send_buffer_size(2 << 20);
        co_await echo();
        CHECK(python.read_line() == "right");
        CHECK(python.wait() == 0);
        co_await listener.close();
    });
}

TEST_CASE("the error of a send of several buffers is thrown, or stored where it comes last",
          "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, stream_transport::unix_socket);
        const std::string body = "body";
        const bool last = true;
        std::error_code error = std::make_error_code(std::errc::broken_pipe);
        CHECK_AWAITED(co_await pair.one.send_all("head ", body, error), 9U);
        CHECK_FALSE(error);
        CHECK_AWAITED(co_await pair.one.send_all(" ", last ? "tail" : "", "!", error), 6U);
        CHECK_FALSE(error);
        const std::string received = co_await receive(pair.other, 15);
        CHECK(received == "head body tail!");
        co_await pair.other.close();
        CHECK_AWAITED(co_await pair.one.send_all("head", body, error), 0U);
        CHECK(error == std::errc::broken_pipe);
        CHECK_AWAITED(co_await pair.one.send_all("head", body, "tail", error), 0U);
        CHECK(error == std::errc::broken_pipe);
        try {
            co_await pair.one.send_all("head", body);
            FAIL("it was sent");
        } catch (const std::system_error& thrown) {
            CHECK(thrown.code() == std::errc::broken_pipe);
        }
    });
}

}  // namespace tests::net_stream_sending
