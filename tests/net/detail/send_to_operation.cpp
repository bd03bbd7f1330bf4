#include "cancellable.hpp"
#include "catch.hpp"
#include "connected_pair.hpp"
#include "datagram_transport.hpp"
#include "in_time.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/net/detail/send_to_operation.hpp>

#include <array>
#include <future>
#include <set>
#include <string>

namespace tests::net_send_to_operation {

using ringlet::address;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::joinable_task_group;
using ringlet::detail::send_to_operation;

static_assert(!std::is_aggregate_v<send_to_operation>);

namespace {

ringlet::socket bound(datagram_transport kind) {
    return ringlet::datagram_socket::open(ringlet::network::system(), free_address(kind)).release();
}

task<> send(loop& owner, int fd, std::string data, address to, std::error_code& error) {
    const std::size_t sent = co_await send_to_operation(owner.core(), fd, data, to, error);
    CHECK(sent == (error ? 0 : data.size()));
}

/// The next datagram that is there; "none" where there is none.
std::string take(const ringlet::socket& from) {
    std::array<char, 64> buffer{};
    const auto count = ::recv(from.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return count < 0 ? "none" : std::string(buffer.data(), static_cast<std::size_t>(count));
}

/// Sends from a Unix socket, connected to `to` or not, until `to` has no room: how many it took.
int fill(const ringlet::socket& from, const address& to) {
    int count = 0;
    while (::sendto(from.native_handle(), "filler", 6, MSG_DONTWAIT, to.data(), to.size()) == 6)
        ++count;
    return count;
}

}  // namespace

TEST_CASE("any number of sends may be pending on one socket, and each arrives whole", "[net]") {
    loop owner;
    const ringlet::socket from = bound(datagram_transport::udp);
    const ringlet::socket to = bound(datagram_transport::udp);
    std::array<std::error_code, 50> errors;
    run_coroutine(owner, [&]() -> task<> {
        joinable_task_group group;
        for (std::size_t i = 0; i < errors.size(); ++i)
            group.spawn(send(owner, from.native_handle(), "datagram " + std::to_string(i),
                             to.local_address(), errors[i]));
        co_await group.join();
    });
    std::set<std::string> received;
    for (const std::error_code& error : errors) {
        CHECK_FALSE(error);
        received.insert(take(to));
    }
    CHECK(received.size() == errors.size());
    CHECK(received.contains("datagram 49"));
}

TEST_CASE("several loops send through one socket", "[net]") {
    const ringlet::socket from = bound(datagram_transport::unix_socket);
    const ringlet::socket to = bound(datagram_transport::unix_socket);
    constexpr int each = 200;
    const auto send_all = [&](char name) {
        return std::async(std::launch::async, [&, name] {
            const address target = to.local_address();
            const std::string text(8, name);
            loop own;
            run_coroutine(own, [&]() -> task<> {
                for (int i = 0; i < each; ++i)
                    co_await send_to_operation(own.core(), from.native_handle(), text, target,
                                               ringlet::throws);
            });
        });
    };
    std::future<void> one = send_all('1');
    std::future<void> other = send_all('2');
    std::array<int, 2> counts{};
    loop owner;
    run_coroutine(owner, [&]() -> task<> {
        std::array<char, 64> buffer{};
        for (int i = 0; i < 2 * each; ++i) {
            const ringlet::received_datagram got = co_await ringlet::detail::recv_from_operation(
                owner.core(), to.native_handle(), buffer, nullptr, nullptr, ringlet::throws);
            CHECK(got.size == 8);
            ++counts[buffer[0] == '1' ? 0 : 1];
        }
    });
    get_in_time(one);
    get_in_time(other);
    CHECK(counts == std::array<int, 2>{each, each});
}

TEST_CASE("a datagram waits for room at its receiver, and arrives once and whole", "[net]") {
    const bool connected = GENERATE(true, false);
    CAPTURE(connected);
    loop owner;
    const ringlet::socket to = bound(datagram_transport::unix_socket);
    const ringlet::socket from =
        ringlet::socket::open(ringlet::network::system(), AF_UNIX, SOCK_DGRAM);
    const address target = to.local_address();
    if (connected)
        REQUIRE(::connect(from.native_handle(), target.data(), target.size()) == 0);
    const int filled = fill(from, target);
    std::error_code error = std::make_error_code(std::errc::invalid_argument);
    run_coroutine(owner, [&]() -> task<> {
        joinable_task_group group;
        group.spawn(send(owner, from.native_handle(), "the last", target, error));
        for (int turn = 0; turn < 5; ++turn)
            co_await ringlet::yield();
        CHECK(error == std::errc::invalid_argument);  // still waiting
        for (int i = 0; i < filled; ++i)
            CHECK(take(to) == "filler");
        co_await group.join();
    });
    CHECK_FALSE(error);
    CHECK(take(to) == "the last");
    CHECK(take(to) == "none");
}

TEST_CASE("a datagram that waits for room can be cancelled, and is not sent then", "[net]") {
    const bool connected = GENERATE(true, false);
    const int turns = GENERATE(0, 1, 2, 3, 8);
    CAPTURE(connected, turns);
    loop owner;
    const ringlet::socket to = bound(datagram_transport::unix_socket);
    const ringlet::socket from =
        ringlet::socket::open(ringlet::network::system(), AF_UNIX, SOCK_DGRAM);
    const address target = to.local_address();
    if (connected)
        REQUIRE(::connect(from.native_handle(), target.data(), target.size()) == 0);
    const int filled = fill(from, target);
    std::error_code error;
    run_coroutine(owner, [&]() -> task<> {
        joinable_task_group group;
        group.spawn(send(owner, from.native_handle(), "too much", target, error));
        for (int turn = 0; turn < turns; ++turn)
            co_await ringlet::yield();
        group.cancel();
        co_await group.join();
    });
    for (int i = 0; i < filled; ++i)
        CHECK(take(to) == "filler");
    CHECK(take(to) == "none");
    CHECK(error == std::errc::operation_canceled);
}

TEST_CASE("a send under a scope that is cancelled already sends nothing", "[net]") {
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    std::error_code error;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::cancel_scope scope;
        scope.cancel();
        co_await send_to_operation(owner.core(), pair.fd(), "x", nullptr, nullptr, error);
    });
    CHECK(error == std::errc::operation_canceled);
    CHECK(take(pair.other) == "none");
}

TEST_CASE("a datagram that was sent in the turn of a cancel counts as sent", "[net]") {
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    std::error_code error;
    std::size_t sent = 0;
    const auto send_one = [&]() -> task<> {
        sent =
            co_await send_to_operation(owner.core(), pair.fd(), "hello", nullptr, nullptr, error);
    };
    run_coroutine(owner, [&]() -> task<> {
        joinable_task_group group;
        group.spawn(send_one());
        co_await ringlet::yield();
        owner.ring().enter(owner.ring().submissions().prepared(), 0, ringlet::ring::no_deadline);
        group.cancel();
        co_await group.join();
    });
    CHECK(sent == 5);
    CHECK_FALSE(error);
    CHECK(take(pair.other) == "hello");
}

}  // namespace tests::net_send_to_operation
