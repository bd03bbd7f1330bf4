#include "catch.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/relay.hpp>

#include <poll.h>

#include <array>
#include <string>
#include <system_error>

namespace tests::net_relay_resets {

using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::task_group;

namespace {

bool takes_more(stream& to) {
    pollfd polled{to.socket().native_handle(), POLLOUT, 0};
    return ::poll(&polled, 1, 0) > 0;
}

}  // namespace

// A relay both sends to the client and receives from it when the reset comes. The kernel tells it
// to one of the two operations, the send, and the receive gets the end of the stream.
TEST_CASE("a relay that sends to a client passes on the client's reset as no end", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair front = make_streams(owner);
        stream_pair rear = make_streams(owner);
        bound_buffers(front);
        ringlet::relay_result result;
        std::error_code error;
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> { result = co_await relay(front.other, rear.one); });
            const std::string more_than_the_client_takes(1U << 20U, 'x');
            co_await rear.other.send_all(more_than_the_client_takes);
            while (takes_more(front.other))
                co_await ringlet::yield();
            co_await front.one.abort();
            std::array<std::byte, 1> nothing{};
            co_await rear.other.recv(nothing, error);
        });
        CHECK(error == std::errc::connection_reset);
        CHECK(result.one_error);
        CHECK_FALSE(result.other_error);
        CHECK(result.forth == 0);
    });
}

}  // namespace tests::net_relay_resets
