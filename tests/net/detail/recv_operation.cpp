#include "catch.hpp"
#include "net/connection_under_test.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <fcntl.h>
#include <poll.h>

#include <vector>

namespace tests::net_recv_operation {

using namespace std::chrono_literals;

TEST_CASE("a recv waits for bytes, yields those that are there, and 0 at the end", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, tcp_pair()};
    std::string buffer(16, '\0');
    outcome ended;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(connection.receive(buffer, ended));
        CHECK_FALSE(connection.incoming.empty());
        co_await ringlet::yield();
        CHECK(::send(connection.pair.peer(), "hello", 5, 0) == 5);
        co_await group.join();
        CHECK(ended.count == 5);
        CHECK(buffer.starts_with("hello"));
        CHECK(connection.incoming.empty());
        CHECK_FALSE(connection.incoming.ended());

        connection.pair.other = ringlet::socket();
        for (int again = 0; again < 2; ++again) {
            co_await connection.receive(buffer, ended);
            CHECK(ended.count == 0);
            CHECK_FALSE(ended.error);
            CHECK(connection.incoming.ended());
        }
    });
}

TEST_CASE("a recv that fails stores its error, or throws it", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, tcp_pair()};
    std::string buffer(16, '\0');
    outcome ended;
    std::string text;
    reset(connection.pair.other);
    run_coroutine(owner, [&]() -> ringlet::task<> {
        co_await connection.receive(buffer, ended);
        try {
            co_await ringlet::detail::recv_operation(owner.core(), -1, buffer.data(), 1,
                                                     connection.incoming, ringlet::throws);
        } catch (const std::system_error& error) {
            text = error.what();
        }
    });
    CHECK(ended.count == 0);
    CHECK(ended.error == std::errc::connection_reset);
    CHECK(text == "recv: Bad file descriptor");
    CHECK_FALSE(connection.incoming.ended());
    CHECK(connection.incoming.empty());
}

TEST_CASE("a recv under a scope that is cancelled fails with its reason", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    std::string buffer(16, '\0');
    outcome by_hand;
    outcome by_deadline;
    outcome too_late;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        {
            ringlet::cancel_scope scope;
            owner.post([&] { scope.cancel(); });
            co_await connection.receive(buffer, by_hand);
        }
        const ringlet::cancel_scope scope(1ms);
        co_await connection.receive(buffer, by_deadline);
        CHECK(::send(connection.pair.peer(), "unread", 6, 0) == 6);
        co_await connection.receive(buffer, too_late);
    });
    CHECK(by_hand.error == std::errc::operation_canceled);
    CHECK(by_deadline.error == std::errc::timed_out);
    CHECK(too_late.error == std::errc::timed_out);
    CHECK(too_late.count == 0);
    CHECK(connection.incoming.empty());
}

TEST_CASE("bytes that come in the turn of a cancel are not dropped", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    std::string buffer(16, '\0');
    outcome ended;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(connection.receive(buffer, ended));
        co_await ringlet::yield();
        CHECK(::send(connection.pair.peer(), "hello", 5, 0) == 5);
        owner.ring().enter(0, 0, ringlet::ring::no_deadline);  // it has completed, unseen as yet
        group.cancel();
        co_await group.join();
    });
    CHECK(ended.count == 5);
    CHECK_FALSE(ended.error);
}

TEST_CASE("a second recv while one is pending is a logic_error, and harms nothing", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    std::string buffer(16, '\0');
    outcome first;
    outcome second;
    std::string text;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(connection.receive(buffer, first));
        try {
            co_await connection.receive(buffer, second);
        } catch (const std::logic_error& error) {
            text = error.what();
        }
        CHECK_FALSE(connection.incoming.empty());
        CHECK(::send(connection.pair.peer(), "hello", 5, 0) == 5);
        co_await group.join();
    });
    CHECK(text == "recv: another one is pending on this stream; await it first");
    CHECK(first.count == 5);
}

TEST_CASE("a recv on a socket with O_NONBLOCK waits all the same", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    REQUIRE(::fcntl(connection.pair.fd(), F_SETFL, O_NONBLOCK) == 0);
    std::string buffer(16, '\0');
    outcome ended;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(connection.receive(buffer, ended));
        for (int turn = 0; turn < 3; ++turn)
            co_await ringlet::yield();
        CHECK(::send(connection.pair.peer(), "hello", 5, 0) == 5);
        co_await group.join();
    });
    CHECK(ended.count == 5);
    CHECK_FALSE(ended.error);
}

TEST_CASE("a recv that a ring answers with EAGAIN polls, and is made again", "[net]") {
    std::vector<int> opcodes;
    ringlet::loop owner(std::make_unique<virtual_time_ring>([&](const io_uring_sqe& sqe) {
        opcodes.push_back(sqe.opcode);
        if (sqe.opcode == IORING_OP_POLL_ADD)
            return static_cast<int>(sqe.poll32_events);
        return opcodes.size() == 1 ? -EAGAIN : 7;
    }));
    connection_under_test connection{owner, unix_pair()};
    std::string buffer(16, '\0');
    outcome ended;
    ringlet::block_on(owner, connection.receive(buffer, ended));
    CHECK(ended.count == 7);
    CHECK(opcodes == std::vector<int>{IORING_OP_RECV, IORING_OP_POLL_ADD, IORING_OP_RECV});
}

}  // namespace tests::net_recv_operation
