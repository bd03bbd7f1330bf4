#include "catch.hpp"
#include "eventually.hpp"
#include "in_time.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/concurrent_broadcast.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

namespace tests::coro_concurrent_broadcast {

using namespace std::chrono_literals;
using ringlet::concurrent_broadcast;
using ringlet::slow_receivers;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

// What broadcasts of either kind do in one loop is in basic_broadcast.cpp.

namespace {

struct item {
    int sender;
    int number;

    bool operator==(const item&) const = default;
};
using items = std::vector<item>;
using item_broadcast = concurrent_broadcast<item>;
using number_broadcast = concurrent_broadcast<int>;

/// Runs the coroutine that `body()` makes in a thread and a loop of its own.
template <class Body>
auto run_elsewhere(Body body) {
    return std::async(std::launch::async, [body] { return run_coroutine(body); });
}

std::future<void> send_elsewhere(item_broadcast& news, int sender, int count) {
    return run_elsewhere([&news, sender, count]() -> task<> {
        for (int number = 0; number < count; ++number)
            co_await news.send(item{sender, number});
    });
}

/// Receives all in two subscriptions of another loop.
std::future<std::vector<items>> receive_elsewhere(item_broadcast& news) {
    return run_elsewhere([&news]() -> task<std::vector<items>> {
        std::vector<items> received(2);
        const auto receive = [&](items& mine) -> task<> {
            auto subscription = news.subscribe();
            while (const auto next = co_await subscription.receive())
                mine.push_back(*next);
        };
        co_await task_group::run([&](task_group& group) {
            for (items& mine : received)
                group.spawn(receive(mine));
        });
        co_return received;
    });
}

/// A check for threads other than the test's own, in which Catch2 has none.
void require(bool holds, const char* sentence) {
    if (!holds)
        throw std::logic_error(sentence);
}

/// Waits until so many subscriptions have been made elsewhere.
void await_subscriptions(const auto& news, std::size_t count) {
    REQUIRE(eventually([&] { return news.subscriptions() == count; }));
}

}  // namespace

TEST_CASE("subscriptions of several loops receive what several loops send, in one order",
          "[coro]") {
    constexpr int senders = 3;
    constexpr std::size_t receivers = 3;
    constexpr int each = 5'000;
    const std::size_t capacity = GENERATE(1U, 64U);
    item_broadcast news(capacity, slow_receivers::wait);
    std::vector<std::future<std::vector<items>>> receiving;
    for (std::size_t i = 0; i < receivers; ++i)
        receiving.push_back(receive_elsewhere(news));
    await_subscriptions(news, 2 * receivers);
    std::vector<std::future<void>> sending;
    for (int i = 0; i < senders; ++i)
        sending.push_back(send_elsewhere(news, i, each));
    for (auto& one : sending)
        get_in_time(one);
    news.close();

    std::vector<items> received;
    for (auto& one : receiving)
        for (items& of_one : get_in_time(one))
            received.push_back(std::move(of_one));
    for (const items& of_one : received)
        CHECK(of_one == received.front());
    std::array<int, senders> next{};
    for (const item& one : received.front())
        REQUIRE(one.number == next.at(static_cast<std::size_t>(one.sender))++);
    for (const int count : next)
        CHECK(count == each);
    CHECK(news.size() == 0);
    CHECK(news.subscriptions() == 0);
}

TEST_CASE("a slow subscription of another loop is told of each item that it misses", "[coro]") {
    constexpr int count = 50'000;
    number_broadcast news(4, slow_receivers::drop_oldest);
    auto receiving = run_elsewhere([&]() -> task<std::uint64_t> {
        auto subscription = news.subscribe();
        std::uint64_t accounted_for = 0;
        int last = -1;
        while (const auto number = co_await subscription.receive()) {
            require(*number == last + 1 + static_cast<int>(subscription.missed()),
                    "an item is neither received nor missed");
            last = *number;
            accounted_for += 1 + subscription.missed();
        }
        co_return accounted_for;
    });
    await_subscriptions(news, 1);
    run_coroutine([&]() -> task<> {
        for (int number = 0; number < count; ++number)
            co_await news.send(number);
    });
    news.close();
    CHECK(get_in_time(receiving) == count);
}

TEST_CASE("a slow subscription of another loop is disconnected and hears of it; others go on",
          "[coro]") {
    number_broadcast news(2, slow_receivers::disconnect);
    auto slow = run_elsewhere([&]() -> task<std::error_code> {
        auto subscription = news.subscribe();
        co_await subscription.until_disconnected();
        std::error_code error;
        co_await subscription.receive(error);
        co_return error;
    });
    await_subscriptions(news, 1);
    run_coroutine([&]() -> task<> {
        auto quick = news.subscribe();
        for (int number = 0; number < 3; ++number) {
            co_await news.send(number);
            const std::optional<int> received = co_await quick.receive();
            CHECK(received == number);
        }
        CHECK(news.subscriptions() == 1);
    });
    CHECK(get_in_time(slow) == std::errc::no_buffer_space);
}

TEST_CASE("threads without a loop send without waiting", "[coro]") {
    constexpr int count = 5'000;
    number_broadcast news(8, slow_receivers::wait);
    auto receiving = run_elsewhere([&]() -> task<int> {
        auto subscription = news.subscribe();
        int expected = 0;
        while (const auto number = co_await subscription.receive())
            require(*number == expected++, "an item is out of order");
        co_return expected;
    });
    await_subscriptions(news, 1);
    in_time([&] {
        for (int sent = 0; sent < count;)
            if (news.try_send(sent))
                ++sent;
            else
                std::this_thread::yield();
        news.close();
    });
    CHECK(get_in_time(receiving) == count);
    CHECK_FALSE(news.try_send(1));
    CHECK_THROWS_WITH(news.send(1), "concurrent_broadcast::send: no loop runs in this thread");
}

TEST_CASE("a broadcast that another thread closes wakes everyone who waits, in every loop",
          "[coro]") {
    number_broadcast empty(1, slow_receivers::wait);
    number_broadcast full(1, slow_receivers::wait);
    auto never_receives = full.subscribe();
    CHECK(full.try_send(1));
    std::array<std::future<bool>, 2> receivers;
    std::array<std::future<std::error_code>, 2> senders;
    for (auto& receiver : receivers)
        receiver = run_elsewhere([&]() -> task<bool> {
            auto subscription = empty.subscribe();
            const auto received = co_await subscription.receive();
            co_return received.has_value();
        });
    for (auto& sender : senders)
        sender = run_elsewhere([&]() -> task<std::error_code> {
            std::error_code error;
            co_await full.send(2, error);
            co_return error;
        });
    await_subscriptions(empty, receivers.size());
    empty.close();
    full.close();
    for (auto& receiver : receivers)
        CHECK_FALSE(get_in_time(receiver));
    for (auto& sender : senders)
        CHECK(get_in_time(sender) == std::errc::broken_pipe);
}

TEST_CASE("subscriptions come and go in several loops while others send", "[coro]") {
    constexpr int sends = 20'000;
    const auto policy =
        GENERATE(slow_receivers::wait, slow_receivers::drop_oldest, slow_receivers::disconnect);
    concurrent_broadcast<std::shared_ptr<const int>> news(2, policy);
    std::vector<std::future<void>> receiving;
    for (int i = 0; i < 3; ++i)
        receiving.push_back(run_elsewhere([&]() -> task<> {
            for (std::error_code error; !news.closed();) {
                auto subscription = news.subscribe();
                int last = -1;
                for (int count = 0; count < 3; ++count) {
                    const auto number = co_await subscription.receive(error);
                    if (!number)
                        break;
                    require(**number > last, "an item is out of order");
                    last = **number;
                }
            }
        }));
    run_coroutine([&]() -> task<> {
        for (int number = 0; number < sends; ++number)
            co_await news.send(std::make_shared<const int>(number));
    });
    news.close();
    for (auto& one : receiving)
        get_in_time(one);
    CHECK(news.subscriptions() == 0);
    CHECK(news.size() == 0);
}

TEST_CASE("a storm of cancellations in several loops loses and doubles no item of a broadcast",
          "[coro]") {
    constexpr int count_max = 2'000;
    number_broadcast news(1, slow_receivers::wait);
    std::atomic<int> cancelled{0};
    /// Awaits what `attempt()` makes until `done`, and cancels it again and again before its end.
    const auto storm = [&](auto& attempt, const bool& done) -> task<> {
        int turns = 0;
        while (!done) {
            const auto once = [&](task_group& group) -> task<> {
                group.spawn(attempt());
                for (int turn = 0; turn < turns && group.running() > 1; ++turn)
                    co_await ringlet::yield();
                group.cancel();
            };
            co_await task_group::run(std::ref(once));
            turns = (turns + 1) % 20;
        }
    };
    const auto receive_all = [&]() -> task<int> {
        auto subscription = news.subscribe();
        int expected = 0;
        bool ended = false;
        const auto attempt = [&]() -> task<> {
            std::error_code error;
            const auto number = co_await subscription.receive(error);
            if (number)
                require(*number == expected++, "an item is lost or doubled");
            cancelled += error ? 1 : 0;
            ended = !number && !error;
        };
        co_await storm(attempt, ended);
        co_return expected;
    };
    std::array<std::future<int>, 2> receiving{run_elsewhere(receive_all),
                                              run_elsewhere(receive_all)};
    await_subscriptions(news, receiving.size());
    const auto enough = std::chrono::steady_clock::now() + time_limit / 12;
    int number = 0;
    run_coroutine([&]() -> task<> {
        for (; number < count_max && std::chrono::steady_clock::now() < enough; ++number) {
            bool sent = false;
            const auto attempt = [&]() -> task<> {
                std::error_code error;
                co_await news.send(number, error);
                cancelled += error ? 1 : 0;
                sent = !error;
            };
            co_await storm(attempt, sent);
        }
    });
    news.close();
    for (auto& one : receiving)
        CHECK(get_in_time(one) == number);
    CHECK(cancelled > 0);
}

}  // namespace tests::coro_concurrent_broadcast
