#include <ringlet/net/detail/direct_transfer.hpp>

#include "catch.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/stream_pair.hpp>

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <string_view>

namespace tests::net_direct_transfer {

using ringlet::const_buffer;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::direct_transfer;

namespace {

/// How many bytes wait in the socket of `from` without having been sent once.
int unsent(ringlet::stream& from) {
    int count = -1;
    CHECK(::ioctl(from.socket().native_handle(), SIOCOUTQNSD, &count) == 0);
    return count;
}

}  // namespace

TEST_CASE("bytes are moved at once, or not at all", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([kind](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        std::atomic<std::uint64_t> received = 0;
        std::atomic<std::uint64_t> sent = 0;
        pair.one.count_traffic(received, sent);
        direct_transfer direct(pair.one);
        CHECK(direct.possible());
        std::array<char, 100> buffer;
        CHECK(direct.receive(buffer) == direct_transfer::nothing_yet);
        co_await pair.other.send_all("question");
        CHECK(direct.receive(buffer) == 8);
        CHECK(std::string_view(buffer.data(), 8) == "question");
        CHECK(direct.send(const_buffer("answer"), false) == 6);
        const std::size_t answered = co_await pair.other.recv(buffer);
        CHECK(std::string_view(buffer.data(), answered) == "answer");
        CHECK(received == 8);
        CHECK(sent == 6);

        const std::string much(1'000'000, 'm');
        std::ptrdiff_t count = 0;
        do
            count = direct.send(const_buffer(much), false);
        while (count > 0);
        CHECK(count == direct_transfer::nothing_yet);

        CHECK_FALSE(pair.one.at_end());
        co_await pair.other.end_sending();
        CHECK(direct.receive(buffer) == 0);
        CHECK(pair.one.at_end());
        co_await pair.other.close();
        CHECK(direct.send(const_buffer(much), false) < 0);
        co_await pair.one.close();
    });
}

TEST_CASE("a reset is told once", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        direct_transfer direct(pair.one);
        co_await pair.other.abort();
        std::array<char, 100> buffer;
        CHECK(direct.receive(buffer) == -ECONNRESET);
        CHECK(direct.send(const_buffer("anyone?"), false) == -EPIPE);
        co_await pair.one.close();
    });
}

TEST_CASE("what is sent with more to follow is held for this turn only", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        direct_transfer direct(pair.one);
        CHECK(direct.send(const_buffer("head"), true) == 4);
        CHECK(unsent(pair.one) == 4);
        CHECK(direct.send(const_buffer("body"), false) == 4);
        CHECK(unsent(pair.one) == 0);
        CHECK(direct.send(const_buffer("head"), true) == 4);
        CHECK(unsent(pair.one) == 4);
        co_await ringlet::yield();
        co_await ringlet::yield();
        CHECK(unsent(pair.one) == 0);
        CHECK(direct.send(const_buffer("last"), true) == 4);
        direct.forget();
        co_await pair.one.close();
        std::array<char, 100> buffer;
        std::string all;
        while (const std::size_t count = co_await pair.other.recv(buffer))
            all.append(buffer.data(), count);
        CHECK(all == "headbodyheadlast");
        co_await pair.other.close();
    });
}

TEST_CASE("a stream on a layer has no direct transfers", "[net]") {
    run_without_leak([](loop&) -> task<> {
        ringlet::stream_pair pair;
        CHECK_FALSE(direct_transfer(pair.one).possible());
        co_await pair.one.close();
        co_await pair.other.close();
    });
}

}  // namespace tests::net_direct_transfer
