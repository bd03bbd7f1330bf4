// Very many clients at once.

#include "catch.hpp"
#include "concurrency_kinds.hpp"
#include "descriptor_limit.hpp"
#include "echo.hpp"
#include "run_coroutine.hpp"
#include "serving_thread.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/coro/event.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <algorithm>
#include <atomic>

namespace tests::server_flood {

using namespace std::chrono_literals;

namespace {

const ringlet::address loopback("127.0.0.1", 0);

/// Clients that connect, are answered, and hold their connections until `held` of them have been.
class crowd {
public:
    crowd(const ringlet::server& server, std::size_t size, std::size_t held)
        : server_(server.server_address()), size_(size), held_(held) {}

    /// Throws std::runtime_error for one that is not answered.
    ringlet::task<> come_and_go() {
        co_await ringlet::task_group::run([&](ringlet::task_group& all) -> ringlet::task<> {
            for (std::size_t i = 0; i < size_; ++i)
                all.spawn(visit());
            co_return;
        });
    }

    [[nodiscard]] std::size_t answered() const { return answered_; }

private:
    ringlet::task<> visit() {
        ringlet::stream connection = co_await ringlet::connect(server_);
        std::array<char, 5> answer{};
        co_await connection.send_all("hello");
        const std::size_t size = co_await connection.recv(answer);
        if (std::string_view(answer.data(), size) != "hello")
            throw std::runtime_error("a client was not answered");
        if (++answered_ == held_)
            enough_.set();
        co_await enough_.wait();
        connection.set_reset_on_close(true);  // a reset, which takes no port out of use
        co_await connection.close();
    }

    ringlet::address server_;
    std::size_t size_;
    std::size_t held_;
    std::size_t answered_ = 0;
    ringlet::event enough_;
};

}  // namespace

TEST_CASE("10,000 connections at a time are all answered", "[server]") {
    const concurrency_kind tested = GENERATE(kinds::loop, kinds::threads, kinds::sharing_threads);
    CAPTURE(tested.name);
    const auto ceiling = static_cast<std::size_t>(descriptor_limit::ceiling());
    const std::size_t wanted = under_sanitizer ? 1000 : 10'000;
    const std::size_t count = std::min(wanted, (ceiling - 300) / 2);  // both ends are here
    if (count < wanted * 9 / 10)
        SKIP("only " << ceiling << " descriptors are allowed");
    CAPTURE(count);
    const descriptor_limit raised(ceiling);
    ringlet::tcp_server server(
        loopback,
        [](ringlet::stream& client) -> ringlet::task<> {
            std::array<char, 5> buffer{};
            std::error_code gone;
            while (const auto size = co_await client.recv(buffer, gone))
                co_await client.send_all(std::string_view(buffer.data(), size));
        },
        tested.options);
    serving_thread serving(server);
    run_coroutine([&]() -> ringlet::task<> {
        crowd clients(server, count, count);
        co_await clients.come_and_go();
        CHECK(clients.answered() == count);
    });
    serving.stop(1h);
    const ringlet::server_counters counted = server.counters();
    CHECK(counted.accepted == count);
    CHECK(counted.finished == count);
    CHECK(counted.bytes_sent == 5 * count);
}

TEST_CASE("no more than max_connections are handled at a time, and everyone is in the end",
          "[server]") {
    const concurrency_kind tested =
        GENERATE(kinds::loop, kinds::threads, kinds::sharing_threads, kinds::thread_per_request);
    CAPTURE(tested.name);
    constexpr std::size_t clients_count = 1000;
    constexpr std::size_t limit = 100;
    const auto ceiling = descriptor_limit::ceiling();
    if (ceiling < 2 * clients_count + 300)
        SKIP("only " << ceiling << " descriptors are allowed");
    const descriptor_limit raised(ceiling);
    ringlet::server_options options = tested.options;
    options.max_connections = limit;
    std::atomic<std::size_t> active{0};
    std::atomic<std::size_t> peak{0};
    ringlet::tcp_server server(
        loopback,
        [&](ringlet::stream& client) -> ringlet::task<> {
            const std::size_t now = ++active;
            for (std::size_t known = peak; known < now;)
                if (peak.compare_exchange_weak(known, now))
                    break;
            std::array<char, 5> buffer{};
            std::error_code gone;
            while (const auto size = co_await client.recv(buffer, gone))
                co_await client.send_all(std::string_view(buffer.data(), size));
            --active;
        },
        options);
    serving_thread serving(server);
    run_coroutine([&]() -> ringlet::task<> {
        crowd clients(server, clients_count, limit);
        co_await clients.come_and_go();
        CHECK(clients.answered() == clients_count);
    });
    serving.stop(1h);
    CHECK(peak == limit);
    CHECK(server.counters().finished == clients_count);
}

}  // namespace tests::server_flood
