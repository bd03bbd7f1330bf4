#include "catch.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/net/detail/client_failure.hpp>
#include <ringlet/net/detail/send_burst_operation.hpp>
#include <ringlet/net/detail/send_to_operation.hpp>

#include <chrono>
#include <memory>
#include <type_traits>
#include <vector>

namespace tests::net_sendmsg_operation {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::send_wait_limit;

namespace {

const ringlet::address to("127.0.0.1", 9);

/// Gives every send the same time, and tells what becomes of it.
class fixed_wait_limit final : public send_wait_limit {
public:
    explicit fixed_wait_limit(std::chrono::milliseconds limit) : limit_(limit) {}

    wait begin(const ringlet::address* receiver, time_point now) noexcept override {
        CHECK(receiver == &to);
        ++begun;
        return {.until = now + limit_, .place = 7, .mark = begun};
    }
    void end(const wait& over) noexcept override {
        CHECK(over.place == 7);
        CHECK(over.mark == begun);
        ++ended;
    }
    void gave_up(const ringlet::address* receiver) noexcept override {
        CHECK(receiver == &to);
        ++given_up;
    }

    unsigned begun = 0;
    unsigned ended = 0;
    unsigned given_up = 0;

private:
    std::chrono::milliseconds limit_;
};

/// A network without room for datagrams until `room_at`, in virtual time, which tells the time of
/// each attempt to send one.
struct full_network {
    enum class poll { knows_nothing, waits };

    explicit full_network(std::chrono::milliseconds room_at, poll how = poll::knows_nothing,
                          int refusal = -EAGAIN)
        : owner(make_ring(room_at, how, refusal)) {}

    std::vector<std::chrono::milliseconds> attempts;
    virtual_time_ring* ring = nullptr;
    loop owner;

private:
    std::unique_ptr<virtual_time_ring> make_ring(std::chrono::milliseconds room_at, poll how,
                                                 int refusal) {
        auto made = std::make_unique<virtual_time_ring>([=, this](const io_uring_sqe& sqe) {
            if (sqe.opcode == IORING_OP_POLL_ADD) {
                if (how == poll::knows_nothing)
                    return static_cast<int>(sqe.poll32_events);
                ring->end_after(room_at - ring->elapsed(), sqe.user_data,
                                static_cast<int>(sqe.poll32_events));
                return virtual_time_ring::pending;
            }
            attempts.push_back(ring->elapsed());
            const auto* const message = reinterpret_cast<const msghdr*>(sqe.addr);
            return ring->elapsed() < room_at ? refusal
                                             : static_cast<int>(message->msg_iov->iov_len);
        });
        ring = made.get();
        return made;
    }
};

/// How a send of "hello" with this wait limit ends.
std::error_code send_with(send_wait_limit& limit, full_network& network) {
    std::error_code error;
    run_coroutine(network.owner, [&]() -> task<> {
        ringlet::detail::datagram_operations pending;
        pending.limit_waits(limit);
        const std::size_t sent = co_await ringlet::detail::send_to_operation(
            network.owner.core(), 3, "hello", &to, &pending, error);
        CHECK(sent == (error ? 0 : 5));
    });
    return error;
}

}  // namespace

// It is what kinds of sends are made of, not to be awaited itself.
static_assert(!std::is_destructible_v<ringlet::detail::sendmsg_operation>);

TEST_CASE("where a poll knows nothing of the room, a send tries again, ever more rarely", "[net]") {
    std::vector<std::chrono::milliseconds> attempts;
    virtual_time_ring* ring = nullptr;
    auto made = std::make_unique<virtual_time_ring>([&](const io_uring_sqe& sqe) {
        if (sqe.opcode == IORING_OP_POLL_ADD)
            return static_cast<int>(sqe.poll32_events);
        attempts.push_back(ring->elapsed());
        return attempts.size() < 12 ? -EAGAIN : 5;
    });
    ring = made.get();
    loop owner(std::move(made));
    std::size_t sent = 0;
    run_coroutine(owner, [&]() -> task<> {
        sent = co_await ringlet::detail::send_to_operation(owner.core(), 3, "hello", to,
                                                           ringlet::throws);
    });
    CHECK(sent == 5);
    CHECK(attempts == std::vector<std::chrono::milliseconds>{0ms, 0ms, 1ms, 3ms, 7ms, 15ms, 31ms,
                                                             63ms, 127ms, 191ms, 255ms, 319ms});
}

TEST_CASE("a send to a Unix socket tries again without a poll", "[net]") {
    const ringlet::address receiver = ringlet::address::unix_path("/receiver");
    std::vector<std::chrono::milliseconds> attempts;
    virtual_time_ring* ring = nullptr;
    auto made = std::make_unique<virtual_time_ring>([&](const io_uring_sqe& sqe) {
        if (sqe.opcode == IORING_OP_POLL_ADD)
            return virtual_time_ring::pending;
        attempts.push_back(ring->elapsed());
        return attempts.size() < 5 ? -EAGAIN : 5;
    });
    ring = made.get();
    loop owner(std::move(made));
    run_coroutine(owner, [&]() -> task<> {
        co_await ringlet::detail::send_to_operation(owner.core(), 3, "hello", receiver,
                                                    ringlet::throws);
    });
    CHECK(attempts == std::vector<std::chrono::milliseconds>{0ms, 1ms, 3ms, 7ms, 15ms});
}

TEST_CASE("a send waits for room as long as its wait limit lasts", "[net]") {
    using poll = full_network::poll;
    const poll how = GENERATE(poll::knows_nothing, poll::waits);
    fixed_wait_limit limit(100ms);
    {
        full_network network(1h, how);
        CHECK(send_with(limit, network) == std::errc::timed_out);
        CHECK(network.ring->elapsed() == 100ms);
        CHECK(limit.ended == 1);
        CHECK(limit.given_up == 1);
    }
    full_network network(50ms, how);
    CHECK_FALSE(send_with(limit, network));
    CHECK(network.ring->elapsed() < 100ms);
    CHECK(limit.begun == 2);
    CHECK(limit.ended == 2);
    CHECK(limit.given_up == 1);
}

TEST_CASE("where the device has no buffers, a send tries again without a poll", "[net]") {
    const auto how = full_network::poll::waits;
    fixed_wait_limit limit(100ms);
    {
        full_network network(10ms, how, -ENOBUFS);
        CHECK_FALSE(send_with(limit, network));
        CHECK(network.attempts == std::vector{0ms, 1ms, 3ms, 7ms, 15ms});
        CHECK(limit.ended == 1);
        CHECK(limit.given_up == 0);
    }
    full_network network(1h, how, -ENOBUFS);
    CHECK(send_with(limit, network) == std::errc::timed_out);
    CHECK(network.ring->elapsed() == 100ms);
    CHECK(limit.ended == 2);
    CHECK(limit.given_up == 1);
}

TEST_CASE(
    "a send without a wait limit above zero does not wait, and one that finds room needs none",
    "[net]") {
    fixed_wait_limit limit(0ms);
    full_network full(1h, full_network::poll::knows_nothing, GENERATE(-EAGAIN, -ENOBUFS));
    CHECK(send_with(limit, full) == std::errc::timed_out);
    CHECK(full.attempts == std::vector{0ms});
    CHECK(limit.ended == 1);
    CHECK(limit.given_up == 1);
    full_network empty(0ms);
    CHECK_FALSE(send_with(limit, empty));
    CHECK(limit.begun == 1);
}

TEST_CASE("a send that is cancelled while it waits counts as ended", "[net]") {
    using poll = full_network::poll;
    const poll how = GENERATE(poll::knows_nothing, poll::waits);
    fixed_wait_limit limit(1h);
    full_network network(2h, how);
    run_coroutine(network.owner, [&]() -> task<> {
        ringlet::detail::datagram_operations pending;
        pending.limit_waits(limit);
        const ringlet::cancel_scope time_limit(30ms);
        std::error_code error;
        co_await ringlet::detail::send_to_operation(network.owner.core(), 3, "hello", &to, &pending,
                                                    error);
        CHECK(error == std::errc::timed_out);
    });
    CHECK(network.ring->elapsed() == 30ms);
    CHECK(limit.ended == 1);
    CHECK(limit.given_up == 0);
}

TEST_CASE("each datagram of a burst has a wait limit of its own", "[net]") {
    fixed_wait_limit limit(100ms);
    virtual_time_ring* ring = nullptr;
    std::chrono::milliseconds room_at = 60ms;
    auto made = std::make_unique<virtual_time_ring>([&](const io_uring_sqe& sqe) {
        if (sqe.opcode == IORING_OP_POLL_ADD)
            return static_cast<int>(sqe.poll32_events);
        if (ring->elapsed() < room_at)
            return -EAGAIN;
        room_at = ring->elapsed() + 60ms;
        return 1;
    });
    ring = made.get();
    loop owner(std::move(made));
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::datagram_operations pending;
        pending.limit_waits(limit);
        const ringlet::detail::datagram_route route(&to);
        const std::size_t sent = co_await ringlet::detail::send_burst_operation(
            owner.core(), 3, 0, "abc", 1, route, &pending, ringlet::throws);
        CHECK(sent == 3);
    });
    CHECK(ring->elapsed() >= 180ms);
    CHECK(limit.ended == 3);
    CHECK(limit.given_up == 0);
}

TEST_CASE("a wait limit that ends throws what a server takes for its client's making", "[net]") {
    fixed_wait_limit limit(100ms);
    full_network network(1h);
    run_coroutine(network.owner, [&]() -> task<> {
        ringlet::detail::datagram_operations pending;
        pending.limit_waits(limit);
        try {
            co_await ringlet::detail::send_to_operation(network.owner.core(), 3, "hello", &to,
                                                        &pending, ringlet::throws);
            FAIL("the send has found room");
        } catch (const ringlet::detail::client_failure& error) {
            CHECK(error.code() == std::errc::timed_out);
        }
    });
}

}  // namespace tests::net_sendmsg_operation
