// What each policy does to a receiver that does not keep up, and what the others notice: nothing.

#include "every_broadcast.hpp"

#include <ringlet/coro/sleep_for.hpp>

#include <algorithm>
#include <optional>
#include <vector>

namespace tests::coro_slow_receivers {

using ringlet::loop;
using ringlet::slow_receivers;
using ringlet::task;
using ringlet::detail::basic_broadcast;
using ringlet::detail::joinable_task_group;

BROADCAST_TEST_CASE("a sender that waits for slow receivers goes on when the slowest has received",
                    "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<int, TestType> news(2, slow_receivers::wait);
        auto slow = news.subscribe();
        auto slower = news.subscribe();
        int sent = 0;
        const auto sender = [&]() -> task<> {
            for (; sent < 6; ++sent)
                co_await news.send(int(sent));
        };
        joinable_task_group group;
        group.spawn(sender());
        CHECK(sent == 2);
        for (int i = 0; i < 6; ++i) {
            const std::optional<int> item = co_await slow.receive();
            CHECK(item == i);
            co_await ringlet::yield();
            CHECK(sent == std::min(i + 2, 6));
            const std::optional<int> same = co_await slower.receive();
            CHECK(same == i);
            for (int turns = 0; turns < 2; ++turns)
                co_await ringlet::yield();
            CHECK(sent == std::min(i + 3, 6));
        }
        CHECK(slow.missed() + slower.missed() == 0);
        co_await group.join();
    });
}

BROADCAST_TEST_CASE("senders that wait for a slow receiver are served in turn, and when it leaves",
                    "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<int, TestType> news(1, slow_receivers::wait);
        std::optional<typename basic_broadcast<int, TestType>::subscription> slow(std::in_place,
                                                                                  news);
        auto quick = news.subscribe();
        joinable_task_group group;
        for (int i = 0; i < 3; ++i)
            group.spawn(send_one(news, i));
        CHECK(group.running() == 2);
        CHECK_FALSE(news.try_send(9));
        const std::optional<int> first = co_await quick.receive();
        CHECK(first == 0);
        CHECK_FALSE(news.try_send(9));
        slow.reset();  // lets the second sender in, but not the third
        CHECK(news.size() == 1);
        for (int i = 1; i < 3; ++i) {
            const std::optional<int> item = co_await quick.receive();
            CHECK(item == i);
        }
        co_await group.join();
        CHECK(news.size() == 0);
    });
}

BROADCAST_TEST_CASE("when the last receiver leaves, all who wait to send go on", "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<int, TestType> news(1, slow_receivers::wait);
        joinable_task_group group;
        {
            const auto slow = news.subscribe();
            for (int i = 0; i < 3; ++i)
                group.spawn(send_one(news, i));
        }
        co_await group.join();
        CHECK(news.size() == 0);
    });
}

BROADCAST_TEST_CASE("a slow receiver misses the oldest items, and is told how many", "[coro]") {
    const std::size_t capacity = GENERATE(1U, 3U);
    run_virtually([capacity](loop&) -> task<> {
        basic_broadcast<int, TestType> news(capacity, slow_receivers::drop_oldest);
        auto slow = news.subscribe();
        auto quick = news.subscribe();
        const int oldest = 10 - static_cast<int>(capacity);
        for (int i = 0; i < 10; ++i) {
            co_await news.send(int(i));
            const std::optional<int> item = co_await quick.receive();
            CHECK(item == i);
            CHECK(quick.missed() == 0);
        }
        CHECK(news.size() == capacity);
        for (int i = oldest; i < 10; ++i) {
            const std::optional<int> item = co_await slow.receive();
            CHECK(item == i);
            CHECK(slow.missed() == (i == oldest ? static_cast<unsigned>(oldest) : 0));
        }
        CHECK(news.size() == 0);
    });
}

BROADCAST_TEST_CASE("a receiver that is resumed after a burst finds what is left of it", "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<int, TestType> news(2, slow_receivers::drop_oldest);
        auto subscription = news.subscribe();
        std::optional<int> received;
        const auto receiver = [&]() -> task<> { received = co_await subscription.receive(); };
        joinable_task_group group;
        group.spawn(receiver());
        for (int i = 0; i < 5; ++i)
            CHECK(news.try_send(int(i)));
        co_await group.join();
        CHECK(received == 3);
        CHECK(subscription.missed() == 3);
    });
}

BROADCAST_TEST_CASE("a slow receiver is disconnected, and the others do not notice", "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<int, TestType> news(2, slow_receivers::disconnect);
        auto slow = news.subscribe();
        auto quick = news.subscribe();
        auto behind = news.subscribe();  // and just in time
        for (int i = 0; i < 5; ++i) {
            CHECK(news.subscriptions() == (i < 3 ? 3 : 2));
            if (i >= 2) {
                const std::optional<int> item = co_await behind.receive();
                CHECK(item == i - 2);
            }
            CHECK(news.try_send(int(i)));
            const std::optional<int> item = co_await quick.receive();
            CHECK(item == i);
        }
        for (int i = 0; i < 3; ++i) {
            std::error_code error;
            const std::optional<int> item = co_await slow.receive(error);
            CHECK_FALSE(item.has_value());
            CHECK(error == std::errc::no_buffer_space);
        }
        CHECK(news.size() == 2);  // what the one behind has yet to receive
        const std::optional<int> item = co_await behind.receive();
        CHECK(item == 3);
        CHECK(news.size() == 1);
    });
}

BROADCAST_TEST_CASE("who is disconnected hears of it at once, even if a burst does it", "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<int, TestType> news(1, slow_receivers::disconnect);
        auto waiting = news.subscribe();
        auto busy = news.subscribe();
        std::string text;
        const auto receiver = [&]() -> task<> {
            try {
                co_await waiting.receive();
            } catch (const std::system_error& error) {
                CHECK(error.code() == std::errc::no_buffer_space);
                text = error.what();
            }
        };
        bool told = false;
        const auto watcher = [&]() -> task<> {
            co_await busy.until_disconnected();
            told = true;
        };
        joinable_task_group group;
        group.spawn(receiver());
        group.spawn(watcher());
        CHECK(news.try_send(1));
        for (int turns = 0; turns < 2; ++turns)
            co_await ringlet::yield();
        CHECK_FALSE(told);
        CHECK(text.empty());
        group.spawn(receiver());
        CHECK(news.try_send(2));
        CHECK(news.try_send(3));
        co_await group.join();
        CHECK(told);
        CHECK(text.find(TestType::receive) == 0);
        CHECK(news.subscriptions() == 0);
        CHECK(news.size() == 0);
        co_await busy.until_disconnected();  // it stays so
    });
}

}  // namespace tests::coro_slow_receivers
