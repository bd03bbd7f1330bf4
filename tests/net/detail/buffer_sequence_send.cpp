#include "byte_pattern.hpp"
#include "catch.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/stream.hpp>

#include <array>
#include <chrono>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace tests::net_buffer_sequence_send {

using namespace std::chrono_literals;
using ringlet::const_buffer;
using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::task_group;

TEST_CASE("buffers of any kind are sent one after the other", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        const std::string text = "text, ";
        const std::vector<unsigned char> bytes{'b', 'y', 't', 'e', 's', ','};
        const std::array<std::byte, 1> space{std::byte{' '}};
        const std::size_t sent = co_await pair.one.send_all(
            "a literal, ", text, bytes, space, std::string("a temporary, "),
            std::string_view("a view and more").substr(0, 6));
        const std::string expected = "a literal, text, bytes, a temporary, a view";
        CHECK(sent == expected.size());
        const std::string received = co_await receive(pair.other, expected.size());
        CHECK(received == expected);
    });
}

TEST_CASE("more buffers than one call takes are sent in order, empty ones included", "[net]") {
    const std::size_t empty_first = GENERATE(0U, 1U, 15U, 16U, 17U, 40U);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        const std::string bytes = byte_pattern(1'000);
        std::vector<const_buffer> buffers(empty_first, const_buffer(""));
        std::size_t total = 0;
        for (std::size_t i = 0; i < 100; ++i) {
            const std::size_t size = i % 3 == 0 ? 0 : i % 20;
            buffers.emplace_back(bytes.data() + total, size);
            total += size;
        }
        buffers.insert(buffers.end(), 40, const_buffer(""));
        const std::size_t sent = co_await pair.one.send_all(buffers);
        CHECK(sent == total);
        const std::string received = co_await receive(pair.other, total);
        CHECK((received == bytes.substr(0, total)));
    });
}

TEST_CASE("a slow reader gets all of several megabytes in many buffers", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        bound_buffers(pair);
        const std::string bytes = byte_pattern(std::size_t{8} << 20U);
        const std::string_view view = bytes;
        std::vector<const_buffer> buffers;
        std::size_t begin = 0;
        for (std::size_t size = 1; begin < view.size(); size = size * 2 % 1'000'003) {
            buffers.emplace_back(view.substr(begin, size));
            begin += size;
        }
        CHECK(buffers.size() > 16);
        std::size_t sent = 0;
        const auto sender = [&]() -> task<> { sent = co_await pair.one.send_all(buffers); };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(sender());
            const std::string half = co_await receive(pair.other, view.size() / 2, 5'000);
            CHECK(sent == 0);  // it waits still
            const std::string rest = co_await receive(pair.other, view.size() - half.size());
            CHECK((half + rest == bytes));
        });
        CHECK(sent == view.size());
    });
}

TEST_CASE("no buffers, or only empty ones, send nothing, any number of times", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        const std::vector<const_buffer> none;
        const std::vector<const_buffer> empty(3, const_buffer(""));
        int turns = 0;
        for (int i = 0; i < 300; ++i) {
            owner.post([&] { ++turns; });
            std::size_t sent = co_await pair.one.send_all(none);
            sent += co_await pair.one.send_all(empty);
            sent += co_await pair.one.send_all("", "");
            CHECK(sent == 0);
        }
        CHECK(turns > 0);  // it does not keep the loop to itself
        co_await pair.one.send_all("some", "thing");
        const std::string something = co_await receive(pair.other, 9);
        CHECK(something == "something");
    });
}

TEST_CASE("a gathered send and another send at the same time are a logic_error", "[net]") {
    const std::string second = GENERATE("more", "");
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        bound_buffers(pair);
        const std::string bytes = byte_pattern(std::size_t{4} << 20U);
        std::size_t sent = 0;
        const auto sender = [&]() -> task<> { sent = co_await pair.one.send_all(bytes, bytes); };
        bool refused = false;
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(sender());
            try {
                co_await pair.one.send_all(second, second);
            } catch (const std::logic_error&) {
                refused = true;
            }
            CHECK_FALSE(pair.one.idle());
            const std::string received = co_await receive(pair.other, 2 * bytes.size());
            CHECK((received == bytes + bytes));
        });
        CHECK(refused);
        CHECK(sent == 2 * bytes.size());
    });
}

TEST_CASE("a reset while a gathered send is pending is its error", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        connected_pair sockets = tcp_pair();
        stream one(owner, std::move(sockets.one));
        const std::string bytes = byte_pattern(std::size_t{8} << 20U);
        const std::vector<const_buffer> buffers{bytes, bytes};
        owner.post([&] { reset(sockets.other); });
        std::error_code error;
        const std::size_t sent = co_await one.send_all(buffers, error);
        INFO(error);  // a call that had sent some before is not told of the reset itself
        CHECK((error == std::errc::connection_reset || error == std::errc::broken_pipe));
        CHECK(sent > 0);
        CHECK(sent < 2 * bytes.size());
        co_await one.send_all(buffers, error);
        CHECK(error == std::errc::broken_pipe);
        try {
            co_await one.send_all(bytes, bytes);
            FAIL("nothing was thrown");
        } catch (const std::system_error& thrown) {
            CHECK(thrown.code() == std::errc::broken_pipe);
        }
    });
}

TEST_CASE("a deadline ends a gathered send, with what had been sent", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        bound_buffers(pair);
        const std::string bytes = byte_pattern(std::size_t{4} << 20U);
        const std::vector<const_buffer> buffers{bytes, bytes};
        std::error_code error;
        std::size_t sent = 0;
        {
            const ringlet::cancel_scope limit(1ms);
            sent = co_await pair.one.send_all(buffers, error);
        }
        CHECK(error == std::errc::timed_out);
        co_await pair.one.end_sending();
        const std::string received = co_await receive(pair.other, 2 * bytes.size());
        CHECK((received == (bytes + bytes).substr(0, sent)));
    });
}

}  // namespace tests::net_buffer_sequence_send
