#include "byte_pattern.hpp"
#include "catch.hpp"
#include "connected_pair.hpp"
#include "datagram_transport.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/net/detail/send_burst_operation.hpp>

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace tests::net_send_burst_operation {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::send_burst_operation;

static_assert(!std::is_aggregate_v<send_burst_operation>);

namespace {

constexpr int unix_protocol = 0;

/// A socket that has room for what these tests send before anything is received.
ringlet::socket bound(datagram_transport kind) {
    ringlet::socket made =
        ringlet::datagram_socket::open(ringlet::network::system(), free_address(kind)).release();
    const int large = 8 << 20;
    if (::setsockopt(made.native_handle(), SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof(large)) != 0)
        made.set_option(SOL_SOCKET, SO_RCVBUF, large);
    return made;
}

/// The datagrams that are there.
std::vector<std::string> take_all(const ringlet::socket& from) {
    std::vector<std::string> taken;
    std::string buffer(65'536, '\0');
    for (;;) {
        const auto size = ::recv(from.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (size < 0)
            return taken;
        taken.push_back(buffer.substr(0, static_cast<std::size_t>(size)));
    }
}

/// `data` in pieces of `size` bytes: an empty one where there is none.
std::vector<std::string> cut(const std::string& data, std::size_t size) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < data.size(); at += size)
        pieces.push_back(data.substr(at, size));
    return pieces.empty() ? std::vector<std::string>(1) : pieces;
}

/// What a call was to send: the bytes, and the segment size, 0 where it was to be one datagram.
struct call {
    std::size_t size;
    std::size_t segment_size;

    explicit call(const io_uring_sqe& sqe) : size(0), segment_size(0) {
        const auto& message = *reinterpret_cast<const msghdr*>(sqe.addr);
        size = message.msg_iov->iov_len;
        if (const cmsghdr* const header = CMSG_FIRSTHDR(&message); header != nullptr) {
            std::uint16_t told = 0;
            std::memcpy(&told, CMSG_DATA(header), sizeof(told));
            segment_size = told;
        }
    }
    call(std::size_t bytes, std::size_t segment) : size(bytes), segment_size(segment) {}
    bool operator==(const call&) const = default;
};

std::ostream& operator<<(std::ostream& out, const call& one) {
    return out << one.size << " by " << one.segment_size;
}

/// A burst through a ring that answers each call with what `answer` says of it.
struct scripted_burst {
    std::vector<call> calls;
    std::size_t sent = 0;
    std::error_code error;

    template <class Answer>
    scripted_burst(std::size_t size, std::size_t segment_size, int protocol, Answer answer) {
        loop owner(std::make_unique<virtual_time_ring>([&](const io_uring_sqe& sqe) {
            if (sqe.opcode == IORING_OP_POLL_ADD)
                return static_cast<int>(sqe.poll32_events);
            calls.emplace_back(sqe);
            return answer(calls.back());
        }));
        const std::string data(size, 'x');
        run_coroutine(owner, [&]() -> task<> {
            sent = co_await send_burst_operation(owner.core(), 3, protocol, data, segment_size,
                                                 nullptr, nullptr, error);
        });
    }
};

int accept_all(const call& one) {
    return static_cast<int>(one.size);
}

}  // namespace

TEST_CASE("a burst arrives as datagrams of one size, the last one shorter", "[net]") {
    const auto kind = GENERATE(from_range(datagram_transports()));
    const auto [size, segment_size] = GENERATE(table<std::size_t, std::size_t>(
        {{6'400, 100}, {250, 100}, {99, 100}, {100, 100}, {101, 100}, {1, 1}, {65'507, 1'200}}));
    CAPTURE(size, segment_size);
    loop owner;
    const ringlet::socket from = bound(kind);
    const ringlet::socket to = bound(kind);
    const address target = to.local_address();
    const int protocol = from.get_option<int>(SOL_SOCKET, SO_PROTOCOL);
    const std::string data = byte_pattern(size);
    std::vector<std::string> arrived;
    std::size_t sent = 0;
    run_coroutine(owner, [&, bytes = segment_size]() -> task<> {
        ringlet::detail::joinable_task_group
            group;  // since a Unix socket's queue may be shorter than the burst
        const auto send = [&]() -> task<> {
            sent = co_await send_burst_operation(owner.core(), from.native_handle(), protocol, data,
                                                 bytes, &target, nullptr, ringlet::throws);
        };
        group.spawn(send());
        while (arrived.size() < cut(data, bytes).size()) {
            co_await ringlet::yield();
            std::ranges::move(take_all(to), std::back_inserter(arrived));
        }
        co_await group.join();
    });
    CHECK(sent == size);
    CHECK((arrived == cut(data, segment_size)));
}

TEST_CASE("no data is one empty datagram, of whatever segment size", "[net]") {
    const std::size_t segment_size = GENERATE(0U, 1U, 1'200U, 70'000U);
    const int protocol = GENERATE(int{IPPROTO_UDP}, unix_protocol);
    loop owner;
    const ringlet::socket from = bound(datagram_transport::udp);
    const ringlet::socket to = bound(datagram_transport::udp);
    const address target = to.local_address();
    run_coroutine(owner, [&]() -> task<> {
        co_await send_burst_operation(owner.core(), from.native_handle(), protocol, "",
                                      segment_size, &target, nullptr, ringlet::throws);
    });
    CHECK(take_all(to) == std::vector<std::string>(1));
}

TEST_CASE("a call carries as many segments as every kernel takes, and as devices take whole",
          "[net]") {
    const scripted_burst small(10'050, 100, IPPROTO_UDP, accept_all);
    CHECK(small.calls == std::vector<call>{{6'400, 100}, {3'650, 100}});
    CHECK(small.sent == 10'050);
    const scripted_burst large(130'000, 1'200, IPPROTO_UDP, accept_all);
    CHECK(large.calls == std::vector<call>{{64'800, 1'200}, {64'800, 1'200}, {400, 0}});
    const scripted_burst huge(130'000, 33'000, IPPROTO_UDP, accept_all);
    CHECK(huge.calls == std::vector<call>{{33'000, 0}, {33'000, 0}, {33'000, 0}, {31'000, 0}});
    const scripted_burst one(50, 100'000, IPPROTO_UDP, accept_all);
    CHECK(one.calls == std::vector<call>{{50, 0}});
}

TEST_CASE("what is no UDP socket is sent a burst's datagrams one by one", "[net]") {
    const scripted_burst burst(250, 100, unix_protocol, accept_all);
    CHECK(burst.calls == std::vector<call>{{100, 0}, {100, 0}, {50, 0}});
    CHECK(burst.sent == 250);
}

TEST_CASE("where the kernel cannot cut a burst, its datagrams are sent one by one", "[net]") {
    const int reason = GENERATE(EIO, EINVAL, EMSGSIZE);
    const scripted_burst burst(250, 100, IPPROTO_UDP, [=](const call& one) {
        return one.segment_size > 0 ? -reason : accept_all(one);
    });
    CHECK(burst.calls == std::vector<call>{{250, 100}, {100, 0}, {100, 0}, {50, 0}});
    CHECK(burst.sent == 250);
    CHECK_FALSE(burst.error);
}

TEST_CASE("segments larger than a packet are sent all the same, in fragments", "[net]") {
    if (!has_ipv6_loopback())
        SKIP("this machine has no ::1");
    loop owner;
    ringlet::socket from = bound(datagram_transport::udp_v6);
    from.set_option(IPPROTO_IPV6, IPV6_MTU, 1'280);
    const ringlet::socket to = bound(datagram_transport::udp_v6);
    const address target = to.local_address();
    const std::string data = byte_pattern(7'000);
    run_coroutine(owner, [&]() -> task<> {
        co_await send_burst_operation(owner.core(), from.native_handle(), IPPROTO_UDP, data, 2'000,
                                      &target, nullptr, ringlet::throws);
    });
    CHECK((take_all(to) == cut(data, 2'000)));
}

TEST_CASE("a burst that fails midway tells what has gone", "[net]") {
    const scripted_burst burst(10'000, 100, IPPROTO_UDP, [](const call& one) {
        return one.size == 6'400 ? accept_all(one) : -ECONNREFUSED;
    });
    CHECK(burst.sent == 6'400);
    CHECK(burst.error == std::errc::connection_refused);
}

TEST_CASE("what no single datagram would be spared is an error of a burst too", "[net]") {
    loop owner;
    const ringlet::socket from = bound(datagram_transport::udp);
    const ringlet::socket to = bound(datagram_transport::udp);
    const address target = to.local_address();
    const std::string data(140'000, 'x');
    const std::size_t segment_size = GENERATE(65'508U, 70'000U);
    std::error_code error;
    std::size_t sent = 1;
    run_coroutine(owner, [&]() -> task<> {
        sent = co_await send_burst_operation(owner.core(), from.native_handle(), IPPROTO_UDP, data,
                                             segment_size, &target, nullptr, error);
    });
    CHECK(error == std::errc::message_size);
    CHECK(sent == 0);
    CHECK(take_all(to).empty());
}

TEST_CASE("data cannot be sent in segments of nothing, and the error says so", "[net]") {
    loop owner;
    std::string text;
    try {
        const send_burst_operation none(owner.core(), 3, IPPROTO_UDP, "x", 0, nullptr, nullptr,
                                        ringlet::throws);
    } catch (const std::invalid_argument& error) {
        text = error.what();
    }
    CHECK(text == "send_burst: the segment size must be 1 byte or more");
}

TEST_CASE("a burst counts as the datagrams and bytes that have gone", "[net]") {
    ringlet::detail::datagram_operations::counter packets{0};
    ringlet::detail::datagram_operations::counter bytes{0};
    ringlet::detail::datagram_operations group;
    group.count_sent(packets, bytes);
    int calls = 0;
    loop owner(std::make_unique<virtual_time_ring>([&](const io_uring_sqe& sqe) {
        return ++calls <= 2 ? accept_all(call(sqe)) : -ECONNREFUSED;
    }));
    const std::string data(20'000, 'x');
    std::error_code error;
    run_coroutine(owner, [&]() -> task<> {
        for (const std::size_t size : {250U, 20'000U})
            co_await send_burst_operation(owner.core(), 3, IPPROTO_UDP,
                                          std::string_view(data).substr(0, size), 100, nullptr,
                                          &group, error);
    });
    CHECK(packets == 3 + 64);
    CHECK(bytes == 250 + 6'400);
}

TEST_CASE("a burst that waits for room can be cancelled, and tells what has gone", "[net]") {
    const int turns = GENERATE(0, 1, 2, 3, 8);
    CAPTURE(turns);
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    const std::string data(100'000, 'x');  // in more datagrams than a Unix socket queues
    std::error_code error;
    std::size_t sent = 0;
    const auto send = [&]() -> task<> {
        sent = co_await send_burst_operation(owner.core(), pair.fd(), unix_protocol, data, 10,
                                             nullptr, nullptr, error);
    };
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(send());
        for (int turn = 0; turn < turns; ++turn)
            co_await ringlet::yield();
        group.cancel();
        co_await group.join();
    });
    CHECK(error == std::errc::operation_canceled);
    CHECK(take_all(pair.other).size() * 10 == sent);
}

TEST_CASE("each call of a burst waits for room as if it were the first", "[net]") {
    std::vector<std::chrono::milliseconds> attempts;
    virtual_time_ring* ring = nullptr;
    auto made = std::make_unique<virtual_time_ring>([&](const io_uring_sqe& sqe) {
        if (sqe.opcode == IORING_OP_POLL_ADD)
            return static_cast<int>(sqe.poll32_events);
        attempts.push_back(ring->elapsed());
        return attempts.size() % 4 == 0 ? accept_all(call(sqe)) : -EAGAIN;
    });
    ring = made.get();
    loop owner(std::move(made));
    std::size_t sent = 0;
    run_coroutine(owner, [&]() -> task<> {
        sent = co_await send_burst_operation(owner.core(), 3, unix_protocol, "abc", 1, nullptr,
                                             nullptr, ringlet::throws);
    });
    CHECK(sent == 3);
    CHECK(attempts == std::vector<std::chrono::milliseconds>{0ms, 0ms, 1ms, 3ms,  //
                                                             3ms, 3ms, 4ms, 6ms,  //
                                                             6ms, 6ms, 7ms, 9ms});
}

TEST_CASE("a burst under a scope that is cancelled already sends nothing", "[net]") {
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    std::error_code error;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::cancel_scope scope;
        scope.cancel();
        co_await send_burst_operation(owner.core(), pair.fd(), unix_protocol, "burst", 1, nullptr,
                                      nullptr, error);
    });
    CHECK(error == std::errc::operation_canceled);
    CHECK(take_all(pair.other).empty());
}

}  // namespace tests::net_send_burst_operation
