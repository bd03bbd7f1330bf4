// Receiving without a buffer of one's own: stream::recv_lent.

#include "byte_pattern.hpp"
#include "catch.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/net/stream.hpp>

#include <string>
#include <system_error>

namespace tests::net_stream_receiving {

using ringlet::loop;
using ringlet::stream;
using ringlet::task;

namespace {

task<> echo(stream& client) {
    while (const auto received = co_await client.recv_lent())
        co_await client.send_all(received);
}

task<> send_and_end(stream& out, const std::string& all) {
    co_await out.send_all(all);
    co_await out.end_sending();
}

}  // namespace

TEST_CASE("what a stream receives without a buffer can be sent on as it is", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        ringlet::detail::joinable_task_group group;
        group.spawn(echo(pair.other));
        for (const std::string text : {"one", "two"}) {
            co_await pair.one.send_all(text);
            const std::string back = co_await receive(pair.one, text.size());
            CHECK(back == text);
        }
        co_await pair.one.end_sending();
        co_await group.join();
        CHECK(pair.other.at_end());
        CHECK(owner.core().buffers().lent() == 0);
    });
}

TEST_CASE("a megabyte comes back whole, in pieces of a buffer", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        const std::string sent = byte_pattern(std::size_t{1} << 20U);
        ringlet::detail::joinable_task_group group;
        group.spawn(echo(pair.other));
        group.spawn(send_and_end(pair.one, sent));
        std::string back;
        while (back.size() < sent.size()) {
            const auto received = co_await pair.one.recv_lent();
            REQUIRE(received);
            CHECK(received.size() <= ringlet::loop_options().receive_buffer_size);
            back.append(reinterpret_cast<const char*>(received.data()), received.size());
        }
        CHECK((back == sent));
        co_await group.join();
    });
}

TEST_CASE("what was received may be changed, and is the receiver's until it ends", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, stream_transport::tcp);
        co_await pair.one.send_all("abc");
        const auto first = co_await pair.other.recv_lent();
        co_await pair.one.send_all("xyz");
        const auto second = co_await pair.other.recv_lent();
        for (std::byte& each : first)
            each = static_cast<std::byte>(std::to_integer<int>(each) - 'a' + 'A');
        co_await pair.other.send_all(first, second);
        const std::string changed = co_await receive(pair.one, 6);
        CHECK(changed == "ABCxyz");
    });
}

TEST_CASE("the error of a lending receive is stored where that is asked for", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, stream_transport::tcp);
        pair.one.set_reset_on_close(true);
        co_await pair.one.close();
        std::error_code error;
        const auto received = co_await pair.other.recv_lent(error);
        CHECK_FALSE(received);
        CHECK(error == std::errc::connection_reset);
    });
}

}  // namespace tests::net_stream_receiving
