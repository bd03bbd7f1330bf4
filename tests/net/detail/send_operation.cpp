#include "catch.hpp"
#include "net/connection_under_test.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <fcntl.h>
#include <poll.h>

#include <deque>
#include <vector>

namespace tests::net_send_operation {

using extent = ringlet::detail::send_operation::extent;

TEST_CASE("a send of some yields what the socket takes at once", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    const std::string text = large_text();
    outcome ended;
    run_coroutine(owner, [&] { return connection.send(text, extent::some, ended); });
    CHECK_FALSE(ended.error);
    CHECK(ended.count > 0);
    CHECK(ended.count < text.size());
    CHECK(read_available(connection.pair.peer()) == text.substr(0, ended.count));
    CHECK(connection.outgoing.empty());
}

TEST_CASE("a send of all goes on until a slow reader has everything", "[net]") {
    const bool nonblocking = GENERATE(false, true);
    const bool over_tcp = GENERATE(false, true);
    CAPTURE(nonblocking, over_tcp);
    ringlet::loop owner;
    connection_under_test connection{owner, over_tcp ? tcp_pair() : unix_pair()};
    if (nonblocking)
        REQUIRE(::fcntl(connection.pair.fd(), F_SETFL, O_NONBLOCK) == 0);
    const std::string text = large_text();
    std::string received;
    outcome ended;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(connection.send(text, extent::all, ended));
        while (received.size() < text.size()) {
            CHECK(ended.count == 0);
            co_await ringlet::yield();
            received += read_available(connection.pair.peer());
        }
        co_await group.join();
    });
    CHECK_FALSE(ended.error);
    CHECK(ended.count == text.size());
    CHECK((received == text));
}

TEST_CASE("a cancelled send of all says how much the peer will read", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    const std::string text = large_text();
    std::string received;
    outcome ended;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(connection.send(text, extent::all, ended));
        co_await ringlet::yield();
        received += read_available(connection.pair.peer());
        co_await ringlet::yield();
        co_await ringlet::yield();
        group.cancel();
        co_await group.join();
    });
    received += read_available(connection.pair.peer());
    CHECK(ended.error == std::errc::operation_canceled);
    CHECK(ended.count > 0);
    CHECK(ended.count < text.size());
    CHECK(ended.count == received.size());
    CHECK((received == text.substr(0, ended.count)));
}

TEST_CASE("a send to a peer that is gone fails, without a SIGPIPE", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    connection.pair.other = ringlet::socket();
    outcome ended;
    std::string text;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        co_await connection.send("lost", extent::all, ended);
        try {
            co_await ringlet::detail::send_operation(owner.core(), connection.pair.fd(), "lost", 4,
                                                     extent::some, connection.outgoing,
                                                     ringlet::throws);
        } catch (const std::system_error& error) {
            text = error.what();
        }
    });
    CHECK(ended.error == std::errc::broken_pipe);
    CHECK(ended.count == 0);
    CHECK(text == "send: Broken pipe");
}

TEST_CASE("a peer that resets half way makes a send of all fail", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, tcp_pair()};
    const std::string text = large_text() + large_text();
    outcome ended;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(connection.send(text, extent::all, ended));
        co_await ringlet::yield();
        CHECK_FALSE(connection.outgoing.empty());
        reset(connection.pair.other);
        co_await group.join();
    });
    CHECK((ended.error == std::errc::connection_reset || ended.error == std::errc::broken_pipe));
    CHECK(ended.count > 0);
    CHECK(ended.count < text.size());
}

TEST_CASE("a send of nothing is done, inline or not", "[net]") {
    const auto wanted = GENERATE(extent::some, extent::all);
    const unsigned inline_completions_max = GENERATE(0U, 2U);
    ringlet::loop owner({.inline_completions_max = inline_completions_max});
    connection_under_test connection{owner, unix_pair()};
    run_coroutine(owner, [&]() -> ringlet::task<> {
        for (int i = 0; i < 5; ++i) {
            outcome ended{1, std::make_error_code(std::errc::io_error)};
            co_await connection.send({}, wanted, ended);
            CHECK(ended.count == 0);
            CHECK_FALSE(ended.error);
        }
        ringlet::cancel_scope scope;
        scope.cancel();
        outcome ended;
        co_await connection.send({}, wanted, ended);
        CHECK(ended.error == std::errc::operation_canceled);
    });
}

TEST_CASE("a second send while one is pending is a logic_error, an empty one too", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    const std::string text = large_text();
    const std::string second = GENERATE(as<std::string>(), "more", "");
    outcome ended;
    outcome refused;
    std::string refusal;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(connection.send(text, extent::all, ended));
        try {
            co_await connection.send(second, extent::all, refused);
        } catch (const std::logic_error& error) {
            refusal = error.what();
        }
        CHECK_FALSE(connection.outgoing.empty());
        group.cancel();
        co_await group.join();
    });
    CHECK(refusal == "send: another one is pending on this stream; await it first");
}

TEST_CASE("a send of all goes on after short sends and EAGAIN, where it stopped", "[net]") {
    const std::string text(1'000, 't');
    std::deque<int> script{300, -EAGAIN, POLLOUT, -EINTR, 600, 100};
    std::vector<std::pair<std::uint64_t, unsigned>> sends;  // offset and length
    ringlet::loop owner(std::make_unique<virtual_time_ring>([&](const io_uring_sqe& sqe) {
        if (sqe.opcode == IORING_OP_SEND)
            sends.emplace_back(sqe.addr - reinterpret_cast<std::uintptr_t>(text.data()), sqe.len);
        const int result = script.empty() ? -ENOTSUP : script.front();
        if (!script.empty())
            script.pop_front();
        return result;
    }));
    connection_under_test connection{owner, unix_pair()};
    outcome ended;
    ringlet::block_on(owner, connection.send(text, extent::all, ended));
    CHECK_FALSE(ended.error);
    CHECK(ended.count == 1'000);
    CHECK(sends == std::vector<std::pair<std::uint64_t, unsigned>>{
                       {0, 1'000}, {300, 700}, {300, 700}, {300, 700}, {900, 100}});
}

TEST_CASE("a socket that takes nothing, without an error, is taken for closed", "[net]") {
    ringlet::loop owner(std::make_unique<virtual_time_ring>([](const io_uring_sqe&) { return 0; }));
    connection_under_test connection{owner, unix_pair()};
    outcome ended;
    ringlet::block_on(owner, connection.send("text", extent::all, ended));
    CHECK(ended.error == std::errc::broken_pipe);
}

}  // namespace tests::net_send_operation
