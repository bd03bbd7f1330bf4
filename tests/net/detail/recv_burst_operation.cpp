#include "catch.hpp"
#include "connected_pair.hpp"
#include "datagram_transport.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/net/detail/recv_burst_operation.hpp>

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>
#include <type_traits>

namespace tests::net_recv_burst_operation {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::recv_burst_operation;

static_assert(!std::is_aggregate_v<recv_burst_operation>);

namespace {

bool of_udp(datagram_transport kind) {
    return kind != datagram_transport::unix_socket;
}

struct outcome {
    ringlet::received_burst got{};
    address sender{};
    std::error_code error{};
};

task<> receive(loop& owner, int fd, std::string& buffer, outcome& ended) {
    ended.got = co_await recv_burst_operation(owner.core(), fd, buffer, &ended.sender, nullptr,
                                              ended.error);
}

ringlet::socket receiver(datagram_transport kind) {
    const ringlet::datagram_options options{.receive_bursts = true};
    return ringlet::datagram_socket::open(ringlet::network::system(), free_address(kind), options)
        .release();
}

}  // namespace

TEST_CASE("a burst comes together, with its sender and the size of its datagrams", "[net]") {
    const auto kind = GENERATE(filter(of_udp, from_range(datagram_transports())));
    const bool nonblocking = GENERATE(false, true);
    const bool stamped = GENERATE(false, true);
    CAPTURE(nonblocking, stamped);
    loop owner;
    ringlet::socket to = receiver(kind);
    if (nonblocking)
        REQUIRE(::fcntl(to.native_handle(), F_SETFL, O_NONBLOCK) == 0);
    if (stamped)  // which the kernel tells beside
        to.set_option(SOL_SOCKET, SO_TIMESTAMPNS, 1);
    ringlet::datagram_socket from(owner, free_address(kind));
    const address target = to.local_address();
    const std::string data(6'350, 'x');
    std::string buffer(ringlet::received_burst::size_max, '.');
    outcome ended;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(receive(owner, to.native_handle(), buffer, ended));
        for (int turn = 0; turn < 3; ++turn)
            co_await ringlet::yield();
        co_await from.send_burst_to(data, 100, target);
        co_await group.join();
    });
    CHECK_FALSE(ended.error);
    CHECK(ended.sender == from.local_address());
    CHECK(ended.got.size == 6'350);
    CHECK(ended.got.original_size == 6'350);
    CHECK(ended.got.segment_size == 100);
    CHECK(ended.got.count() == 64);
    CHECK_FALSE(ended.got.truncated);
}

TEST_CASE("a burst larger than the buffer is cut off, which is told", "[net]") {
    loop owner;
    const ringlet::socket to = receiver(datagram_transport::udp);
    ringlet::datagram_socket from(owner, free_address(datagram_transport::udp));
    const address target = to.local_address();
    const std::string data(6'400, 'x');
    std::string buffer(250, '.');
    outcome ended;
    outcome next;
    run_coroutine(owner, [&]() -> task<> {
        co_await from.send_burst_to(data, 100, target);
        co_await from.send_to("next", target);
        co_await receive(owner, to.native_handle(), buffer, ended);
        co_await receive(owner, to.native_handle(), buffer, next);
    });
    CHECK(ended.got.truncated);
    CHECK(ended.got.size == 250);
    CHECK(ended.got.original_size == 6'400);
    CHECK(ended.got.segment_size == 100);
    CHECK(ended.got.count() == 3);
    CHECK(next.got.size == 4);
    CHECK(next.got.segment_size == 4);
    CHECK_FALSE(next.got.truncated);
}

TEST_CASE("a single datagram is a burst of one, even where it is cut off or empty", "[net]") {
    const auto kind = GENERATE(from_range(datagram_transports()));
    loop owner;
    const ringlet::socket to = receiver(kind);
    ringlet::datagram_socket from(owner, free_address(kind));
    const address target = to.local_address();
    for (const std::size_t size : {std::size_t{0}, std::size_t{16}, std::size_t{50}}) {
        std::string buffer(16, '.');
        const std::string data(size, 'x');
        outcome ended;
        run_coroutine(owner, [&]() -> task<> {
            co_await from.send_to(data, target);
            co_await receive(owner, to.native_handle(), buffer, ended);
        });
        CHECK_FALSE(ended.error);
        CHECK(ended.got.size == std::min<std::size_t>(size, 16));
        CHECK(ended.got.original_size == size);
        CHECK(ended.got.segment_size == size);
        CHECK(ended.got.count() == 1);
        CHECK(ended.got.truncated == (size > 16));
    }
}

TEST_CASE("receiving a burst under a scope that is cancelled fails with its reason", "[net]") {
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    std::string buffer(16, '.');
    outcome by_hand;
    outcome by_deadline;
    run_coroutine(owner, [&]() -> task<> {
        {
            ringlet::cancel_scope scope;
            owner.post([&] { scope.cancel(); });
            co_await receive(owner, pair.fd(), buffer, by_hand);
        }
        const ringlet::cancel_scope scope(1ms);
        co_await receive(owner, pair.fd(), buffer, by_deadline);
    });
    CHECK(by_hand.error == std::errc::operation_canceled);
    CHECK(by_deadline.error == std::errc::timed_out);
    CHECK(by_deadline.got.size == 0);
}

TEST_CASE("a burst that comes in the turn of a cancel is not dropped", "[net]") {
    loop owner;
    const ringlet::socket to = receiver(datagram_transport::udp);
    const ringlet::socket from = receiver(datagram_transport::udp);
    const address target = to.local_address();
    std::string buffer(16, '.');
    outcome ended;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(receive(owner, to.native_handle(), buffer, ended));
        co_await ringlet::yield();
        CHECK(::sendto(from.native_handle(), "hello", 5, 0, target.data(), target.size()) == 5);
        owner.ring().enter(0, 0, ringlet::ring::no_deadline);  // it has completed, unseen as yet
        group.cancel();
        co_await group.join();
    });
    CHECK(ended.got.size == 5);
    CHECK_FALSE(ended.error);
}

}  // namespace tests::net_recv_burst_operation
