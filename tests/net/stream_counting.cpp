// The traffic that a stream counts; the rest is in stream.cpp.

#include "byte_pattern.hpp"
#include "catch.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/net/writer.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace tests::net_stream_counting {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::task_group;

namespace {

/// What the two streams of a pair have received and sent.
struct traffic {
    void count(stream_pair& pair) {
        pair.one.count_traffic(one_received, one_sent);
        pair.other.count_traffic(other_received, other_sent);
    }

    std::atomic<std::uint64_t> one_received{0};
    std::atomic<std::uint64_t> one_sent{0};
    std::atomic<std::uint64_t> other_received{0};
    std::atomic<std::uint64_t> other_sent{0};
};

}  // namespace

TEST_CASE("every way of sending and receiving is counted, at both ends", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        traffic counted;
        stream_pair pair = make_streams(owner, kind);
        co_await pair.one.send_all("not yet");
        std::string taken = co_await receive(pair.other, 7);
        counted.count(pair);

        std::error_code error;
        std::array<char, 64> buffer;
        const std::array<ringlet::const_buffer, 3> pieces{"12", "345", ""};
        co_await pair.one.send("1");
        co_await pair.one.send("2", error);
        co_await pair.one.send_all("34");
        co_await pair.one.send_all("56", error);
        co_await pair.one.send_all("789", "", "0");
        co_await pair.one.send_all(pieces);
        co_await pair.one.send_all(pieces, error);
        co_await pair.one.send_all("");
        CHECK(counted.one_sent == 20);
        taken = co_await receive(pair.other, 19);
        CHECK(counted.other_received == 19);
        co_await pair.other.recv(buffer, error);
        CHECK(counted.other_received == 20);

        co_await pair.one.end_sending();
        co_await pair.other.recv(buffer);
        CHECK(counted.other_received == 20);
        CHECK(counted.other_sent == 0);
        CHECK(counted.one_received == 0);
    });
}

TEST_CASE("a stream that was moved goes on counting", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        traffic counted;
        stream_pair pair = make_streams(owner);
        counted.count(pair);
        stream moved(std::move(pair.one));
        co_await moved.send_all("1");
        stream_pair rest = make_streams(owner);
        rest.one = std::move(moved);
        co_await rest.one.send_all("22");
        CHECK(counted.one_sent == 3);
        co_await pair.other.send_all("333");
        std::array<char, 3> buffer;
        co_await rest.one.recv(buffer);
        CHECK(counted.one_received == 3);
    });
}

TEST_CASE("buffered reading and writing are counted as they reach the socket", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        traffic counted;
        stream_pair pair = make_streams(owner);
        counted.count(pair);
        ringlet::writer out(pair.one);
        ringlet::reader in(pair.other);
        co_await out.write("a line\n");
        co_await out.write("and a half");
        co_await out.flush();
        CHECK(counted.one_sent == 17);
        const auto line = co_await in.read_line();
        CHECK(line.has_value());
        CHECK(counted.other_received >= 7);
        co_await in.read_exactly(10);
        CHECK(counted.other_received == 17);
    });
}

TEST_CASE("what was sent before a send failed or was cancelled is counted", "[net]") {
    const bool cancelled = GENERATE(true, false);
    const bool gathered = GENERATE(true, false);
    run_without_leak([=](loop& owner) -> task<> {
        traffic counted;
        stream_pair pair = make_streams(owner);
        bound_buffers(pair);
        counted.count(pair);
        const std::string bytes = byte_pattern(std::size_t{8} << 20U);
        const std::array<ringlet::const_buffer, 2> pieces{bytes, bytes};
        std::error_code error;
        std::size_t sent = 0;
        const auto send = [&]() -> task<> {
            if (gathered)
                sent = co_await pair.one.send_all(std::span<const ringlet::const_buffer>(pieces),
                                                  error);
            else
                sent = co_await pair.one.send_all(bytes, error);
        };
        if (cancelled) {
            const ringlet::cancel_scope limit(1ms);
            co_await send();
            CHECK(error == std::errc::timed_out);
        } else {
            co_await task_group::run([&](task_group& group) -> task<> {
                group.spawn(send());
                const std::string some = co_await receive(pair.other, 100'000);
                pair.other.set_reset_on_close(true);
                co_await pair.other.close();
            });
            CHECK(error);
        }
        CHECK(counted.one_sent == sent);
        CHECK(sent < bytes.size());
        CHECK((cancelled || sent >= 100'000));
    });
}

TEST_CASE("a receive that ends with nothing counts nothing", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        traffic counted;
        stream_pair pair = make_streams(owner);
        counted.count(pair);
        std::array<char, 8> buffer;
        std::error_code error;
        {
            const ringlet::cancel_scope limit(1ms);
            co_await pair.one.recv(buffer, error);
            CHECK(error == std::errc::timed_out);
            co_await pair.one.recv(buffer, error);  // is not even begun
            co_await pair.one.send_all("unsent", error);
        }
        CHECK(error == std::errc::timed_out);
        reset(pair.other.socket());
        co_await pair.one.recv(buffer, error);
        CHECK(error == std::errc::connection_reset);
        CHECK(counted.one_received == 0);
        CHECK(counted.one_sent == 0);
    });
}

TEST_CASE("streams in several threads count into one pair of totals", "[net]") {
    constexpr int threads = 3;
    constexpr std::size_t rounds = 200;
    traffic counted;
    {
        std::vector<std::jthread> together;
        for (int i = 0; i < threads; ++i)
            together.emplace_back([&counted] {
                loop owner;
                run_coroutine(owner, [&]() -> task<> {
                    stream_pair pair = make_streams(owner);
                    counted.count(pair);
                    for (std::size_t round = 0; round < rounds; ++round) {
                        co_await pair.one.send_all("ping");
                        const std::string ping = co_await receive(pair.other, 4);
                        co_await pair.other.send_all("pong!");
                        const std::string pong = co_await receive(pair.one, 5);
                    }
                });
            });
    }
    CHECK(counted.one_sent == threads * rounds * 4);
    CHECK(counted.other_received == threads * rounds * 4);
    CHECK(counted.other_sent == threads * rounds * 5);
    CHECK(counted.one_received == threads * rounds * 5);
}

}  // namespace tests::net_stream_counting
