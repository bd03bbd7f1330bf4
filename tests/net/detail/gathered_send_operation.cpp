#include "catch.hpp"
#include "net/connection_under_test.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/net/detail/gathered_send_operation.hpp>

#include <fcntl.h>
#include <poll.h>

#include <deque>
#include <vector>

namespace tests::net_gathered_send_operation {

namespace {

std::string joined(const std::vector<std::string>& pieces) {
    std::string text;
    for (const std::string& piece : pieces)
        text += piece;
    return text;
}

ringlet::task<> gather(connection_under_test& connection, const std::vector<std::string>& pieces,
                       outcome& ended) {
    const std::vector<ringlet::const_buffer> buffers(pieces.begin(), pieces.end());
    ended.count = co_await ringlet::detail::gathered_send_operation(
        connection.owner.core(), connection.pair.fd(), buffers, connection.outgoing, ended.error);
}

/// Many pieces of many lengths, some of them empty, which no socket takes at once.
std::vector<std::string> large_pieces() {
    std::vector<std::string> pieces;
    const std::string text = large_text();
    for (std::size_t at = 0, size = 0; at < text.size(); at += size, size = (size * 5 + 3) % 90'001)
        pieces.push_back(text.substr(at, size));
    return pieces;
}

}  // namespace

TEST_CASE("several buffers arrive as one text, however many and however empty", "[net]") {
    const std::vector<std::string> pieces = GENERATE(
        std::vector<std::string>{"one"}, std::vector<std::string>{"", "one", "", "two", ""},
        std::vector<std::string>(50, "piece "), std::vector<std::string>(16, "piece "), [] {
            std::vector<std::string> late(40, "");
            late.back() = "after many empty ones";
            return late;
        }());
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    outcome ended;
    run_coroutine(owner, [&] { return gather(connection, pieces, ended); });
    CHECK_FALSE(ended.error);
    CHECK(ended.count == joined(pieces).size());
    CHECK(read_available(connection.pair.peer()) == joined(pieces));
    CHECK(connection.outgoing.empty());
}

TEST_CASE("buffers go on arriving in order where the reader is slow", "[net]") {
    const bool nonblocking = GENERATE(false, true);
    CAPTURE(nonblocking);
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    if (nonblocking)
        REQUIRE(::fcntl(connection.pair.fd(), F_SETFL, O_NONBLOCK) == 0);
    const std::vector<std::string> pieces = large_pieces();
    const std::string text = joined(pieces);
    std::string received;
    outcome ended;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(gather(connection, pieces, ended));
        while (received.size() < text.size()) {
            co_await ringlet::yield();
            received += read_available(connection.pair.peer());
        }
        co_await group.join();
    });
    CHECK_FALSE(ended.error);
    CHECK(ended.count == text.size());
    CHECK((received == text));
}

TEST_CASE("a cancelled send of several buffers says how much the peer will read", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    const std::vector<std::string> pieces = large_pieces();
    outcome ended;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(gather(connection, pieces, ended));
        for (int turn = 0; turn < 5; ++turn)
            co_await ringlet::yield();
        group.cancel();
        co_await group.join();
    });
    const std::string received = read_available(connection.pair.peer());
    CHECK(ended.error == std::errc::operation_canceled);
    CHECK(ended.count > 0);
    CHECK(ended.count == received.size());
    CHECK((received == joined(pieces).substr(0, ended.count)));
}

TEST_CASE("several buffers to a peer that is gone fail, without a SIGPIPE", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    connection.pair.other = ringlet::socket();
    const std::vector<std::string> pieces{"one", "two"};
    outcome ended;
    run_coroutine(owner, [&] { return gather(connection, pieces, ended); });
    CHECK(ended.error == std::errc::broken_pipe);
    CHECK(ended.count == 0);
}

TEST_CASE("several empty buffers, or none, are sent at once, inline or not", "[net]") {
    const unsigned inline_completions_max = GENERATE(0U, 2U);
    const std::vector<std::string> pieces(GENERATE(0U, 1U, 20U));
    ringlet::loop owner({.inline_completions_max = inline_completions_max});
    connection_under_test connection{owner, unix_pair()};
    run_coroutine(owner, [&]() -> ringlet::task<> {
        for (int i = 0; i < 5; ++i) {
            outcome ended{1, std::make_error_code(std::errc::io_error)};
            co_await gather(connection, pieces, ended);
            CHECK(ended.count == 0);
            CHECK_FALSE(ended.error);
        }
        ringlet::cancel_scope scope;
        scope.cancel();
        outcome ended;
        co_await gather(connection, pieces, ended);
        CHECK(ended.error == std::errc::operation_canceled);
    });
}

TEST_CASE("a second send of buffers while one is pending is a logic_error", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    const std::vector<std::string> pieces = large_pieces();
    const std::vector<std::string> second =
        GENERATE(std::vector<std::string>{"more"}, std::vector<std::string>{});
    outcome ended;
    outcome refused;
    std::string refusal;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(gather(connection, pieces, ended));
        try {
            co_await gather(connection, second, refused);
        } catch (const std::logic_error& error) {
            refusal = error.what();
        }
        group.cancel();
        co_await group.join();
    });
    CHECK(refusal == "send: another one is pending on this stream; await it first");
}

TEST_CASE("buffers go on after short sends and EAGAIN, where they stopped", "[net]") {
    std::deque<int> script{5, -EAGAIN, POLLOUT, 2, 3};
    std::vector<std::string> sent;
    ringlet::loop owner(std::make_unique<virtual_time_ring>([&](const io_uring_sqe& sqe) {
        if (sqe.opcode == IORING_OP_SENDMSG) {
            const auto& message = *reinterpret_cast<const msghdr*>(sqe.addr);
            std::string& all = sent.emplace_back();
            for (std::size_t i = 0; i < message.msg_iovlen; ++i)
                all.append(static_cast<const char*>(message.msg_iov[i].iov_base),
                           message.msg_iov[i].iov_len);
        }
        const int result = script.empty() ? -ENOTSUP : script.front();
        if (!script.empty())
            script.pop_front();
        return result;
    }));
    connection_under_test connection{owner, unix_pair()};
    outcome ended;
    ringlet::block_on(owner, gather(connection, {"one", "", "two", "four"}, ended));
    CHECK_FALSE(ended.error);
    CHECK(ended.count == 10);
    CHECK(sent == std::vector<std::string>{"onetwofour", "ofour", "ofour", "our"});
}

}  // namespace tests::net_gathered_send_operation
