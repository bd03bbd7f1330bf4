// datagram_socket, sending and receiving bursts.

#include "byte_pattern.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "datagram_transport.hpp"
#include "run_without_leak.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/datagram_socket.hpp>

#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::net_datagram_bursts {

using ringlet::address;
using ringlet::datagram_socket;
using ringlet::loop;
using ringlet::received_burst;
using ringlet::task;

namespace {

/// Receives until `size` bytes have come, in datagrams of `segment_size` but for the last.
task<> receive_all(datagram_socket& from, std::size_t size, std::size_t segment_size,
                   std::string& all, int& receives) {
    std::string buffer(received_burst::size_max, '.');
    while (all.size() < size) {
        const received_burst got = co_await from.recv_burst(buffer);
        CHECK_FALSE(got.truncated);
        for (const std::span<std::byte> each : got.segments(buffer)) {
            CHECK(each.size() == std::min(segment_size, size - all.size()));
            all.append(reinterpret_cast<const char*>(each.data()), each.size());
        }
        ++receives;
    }
}

task<> exchange(loop& owner, datagram_transport kind, bool bursts, std::size_t size,
                std::size_t segment_size, int& receives) {
    datagram_socket from(owner, free_address(kind));
    datagram_socket to(owner, free_address(kind),
                       {.receive_bursts = bursts, .receive_buffer_size = 4 << 20});
    const address target = to.local_address();
    const std::string data = byte_pattern(size);
    std::string all;
    ringlet::detail::joinable_task_group group;
    group.spawn(receive_all(to, 2 * size, segment_size, all, receives));
    CHECK_AWAITED(co_await from.send_burst_to(data, segment_size, target), size);
    co_await from.connect(target);
    CHECK_AWAITED(co_await from.send_burst(data, segment_size), size);
    co_await group.join();
    CHECK((all == data + data));
}

}  // namespace

TEST_CASE("bursts arrive whole, whether or not the receiver takes them together", "[net]") {
    const auto kind = GENERATE(from_range(datagram_transports()));
    const bool bursts = GENERATE(true, false);
    const auto [size, segment_size, together] =
        GENERATE(table<std::size_t, std::size_t, int>({{6'400, 100, 1},
                                                       {12'900, 100, 3},
                                                       {60'000, 1'200, 1},
                                                       {1'000, 1'000, 1},
                                                       {100'000, 50'000, 2}}));
    CAPTURE(bursts, size, segment_size);
    int receives = 0;
    run_without_leak([&, bytes = size, each = segment_size](loop& owner) {
        return exchange(owner, kind, bursts, bytes, each, receives);
    });
    const bool whole = bursts && kind != datagram_transport::unix_socket;
    CHECK(receives ==
          2 * (whole ? together : static_cast<int>((size + segment_size - 1) / segment_size)));
}

TEST_CASE("what has been received as a burst can be passed on as one", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket one(owner, {"127.0.0.1", 0});
        datagram_socket relay(owner, {"127.0.0.1", 0}, {.receive_bursts = true});
        const address through = relay.local_address();
        const address back = one.local_address();
        std::string buffer(received_burst::size_max, '.');
        for (const std::string& text : {std::string("aabbc"), std::string("a"), std::string()}) {
            co_await one.send_burst_to(text, 2, through);
            const received_burst got = co_await relay.recv_burst(buffer);
            const std::string_view all = std::string_view(buffer).substr(0, got.size);
            co_await relay.send_burst_to(all, got.segment_size, back);
            std::string arrived;
            std::string single(16, '.');
            for (std::size_t i = 0; i < got.count(); ++i) {
                const auto next = co_await one.recv(single);
                arrived += single.substr(0, next.size);
            }
            CHECK(arrived == text);
        }
    });
}

TEST_CASE("a burst to nobody, of no segment size, or through no socket fails and says so",
          "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket one(owner, {"127.0.0.1", 0});
        datagram_socket none(owner, ringlet::socket());
        const address nobody;
        std::error_code error;
        CHECK_AWAITED(co_await one.send_burst("aabb", 2, error), 0U);
        CHECK(error == std::errc::destination_address_required);
        CHECK_AWAITED(co_await one.send_burst_to("aabb", 2, nobody, error), 0U);
        CHECK(error == std::errc::destination_address_required);
        CHECK_AWAITED(co_await none.send_burst("aabb", 2, error), 0U);
        CHECK(error == std::errc::bad_file_descriptor);
        CHECK_THROWS_AS(one.send_burst("aabb", 0, error), std::invalid_argument);
        CHECK_AWAITED((co_await none.recv_burst(std::span<std::byte>(), error)).size, 0U);
        CHECK(error == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("that nobody receives ends a burst of a connected socket, which lives on", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const address vacant = datagram_socket(owner, {"127.0.0.1", 0}).local_address();
        datagram_socket one(owner, {"127.0.0.1", 0});
        co_await one.connect(vacant);
        co_await one.send("anybody there?");
        std::error_code error;
        CHECK_AWAITED(co_await one.send_burst("aabb", 2, error), 0U);
        CHECK(error == std::errc::connection_refused);
        const datagram_socket late(owner, vacant);
        CHECK_AWAITED(co_await one.send_burst("aabb", 2, error), 4U);
        CHECK_FALSE(error);
    });
}

TEST_CASE("closing a datagram socket ends the bursts that are pending on it", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket one(owner, {"127.0.0.1", 0}, {.receive_bursts = true});
        std::error_code error;
        const auto receive = [&]() -> task<> {
            std::string buffer(16, '.');
            static_cast<void>(co_await one.recv_burst(buffer, error));
        };
        ringlet::detail::joinable_task_group group;
        group.spawn(receive());
        co_await ringlet::yield();
        co_await one.close();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
    });
}

}  // namespace tests::net_datagram_bursts
