#include "catch.hpp"
#include "connected_pair.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/detail/recv_from_operation.hpp>

#include <fcntl.h>

#include <chrono>
#include <string>

namespace tests::net_recv_from_operation {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::recv_from_operation;

static_assert(!std::is_aggregate_v<recv_from_operation>);

namespace {

struct outcome {
    ringlet::received_datagram got{};
    std::error_code error{};
};

task<> receive(loop& owner, int fd, std::string& buffer, outcome& ended) {
    ended.got =
        co_await recv_from_operation(owner.core(), fd, buffer, nullptr, nullptr, ended.error);
}

}  // namespace

TEST_CASE("any number of receives may be pending on one descriptor", "[net]") {
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    std::array<std::string, 3> buffers;
    std::array<outcome, 3> ended;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        for (std::size_t i = 0; i < buffers.size(); ++i) {
            buffers[i].assign(16, '\0');
            group.spawn(receive(owner, pair.fd(), buffers[i], ended[i]));
        }
        co_await ringlet::yield();
        for (const std::string_view text : {"a", "bb", "ccc"})
            CHECK(::send(pair.peer(), text.data(), text.size(), 0) > 0);
        co_await group.join();
    });
    std::size_t total = 0;
    for (const outcome& each : ended) {
        CHECK_FALSE(each.error);
        total += each.got.size;
    }
    CHECK(total == 6);
}

TEST_CASE("receiving a datagram under a scope that is cancelled fails with its reason", "[net]") {
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    std::string buffer(16, '\0');
    outcome by_hand;
    outcome by_deadline;
    outcome too_late;
    run_coroutine(owner, [&]() -> task<> {
        {
            ringlet::cancel_scope scope;
            owner.post([&] { scope.cancel(); });
            co_await receive(owner, pair.fd(), buffer, by_hand);
        }
        const ringlet::cancel_scope scope(1ms);
        co_await receive(owner, pair.fd(), buffer, by_deadline);
        CHECK(::send(pair.peer(), "unread", 6, 0) == 6);
        co_await receive(owner, pair.fd(), buffer, too_late);
    });
    CHECK(by_hand.error == std::errc::operation_canceled);
    CHECK(by_deadline.error == std::errc::timed_out);
    CHECK(too_late.error == std::errc::timed_out);
    CHECK(::recv(pair.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT) == 6);
}

TEST_CASE("a datagram that comes in the turn of a cancel is not dropped", "[net]") {
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    std::string buffer(16, '\0');
    outcome ended;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(receive(owner, pair.fd(), buffer, ended));
        co_await ringlet::yield();
        CHECK(::send(pair.peer(), "hello", 5, 0) == 5);
        owner.ring().enter(0, 0, ringlet::ring::no_deadline);  // it has completed, unseen as yet
        group.cancel();
        co_await group.join();
    });
    CHECK(ended.got.size == 5);
    CHECK_FALSE(ended.error);
}

TEST_CASE("a datagram is waited for on a socket with O_NONBLOCK all the same", "[net]") {
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    REQUIRE(::fcntl(pair.fd(), F_SETFL, O_NONBLOCK) == 0);
    std::string buffer(16, '\0');
    outcome ended;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(receive(owner, pair.fd(), buffer, ended));
        for (int turn = 0; turn < 3; ++turn)
            co_await ringlet::yield();
        CHECK(::send(pair.peer(), "hello", 5, 0) == 5);
        co_await group.join();
    });
    CHECK(ended.got.size == 5);
    CHECK_FALSE(ended.error);
}

}  // namespace tests::net_recv_from_operation
