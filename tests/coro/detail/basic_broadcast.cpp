#include "coro/every_broadcast.hpp"
#include "forked_child.hpp"
#include "others_go_on.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tests::coro_basic_broadcast {

using ringlet::loop;
using ringlet::slow_receivers;
using ringlet::task;
using ringlet::detail::basic_broadcast;
using ringlet::detail::joinable_task_group;

namespace {

/// An item whose copying fails when told to.
struct brittle {
    explicit brittle(int value) : number(value) {}
    brittle(const brittle& other) : number(other.number) {
        if (std::exchange(breaks, false))
            throw std::runtime_error("from the copy");
    }
    brittle(brittle&&) noexcept = default;
    brittle& operator=(const brittle&) = default;
    brittle& operator=(brittle&&) noexcept = default;

    int number;
    static inline bool breaks = false;
};

template <class Subscription>
task<> collect(Subscription& from, std::vector<int>& received) {
    while (const auto item = co_await from.receive())
        received.push_back(*item);
}

}  // namespace

BROADCAST_TEST_CASE("a subscription receives every item that is sent after it was made", "[coro]") {
    const auto policy =
        GENERATE(slow_receivers::wait, slow_receivers::drop_oldest, slow_receivers::disconnect);
    run_virtually([policy](loop&) -> task<> {
        basic_broadcast<int, TestType> news(4, policy);
        CHECK(news.capacity() == 4);
        CHECK(news.try_send(0));
        CHECK(news.size() == 0);  // nobody is to receive it
        std::vector<int> early;
        std::vector<int> late;
        joinable_task_group group;
        auto first = news.subscribe();
        group.spawn(collect(first, early));
        co_await news.send(1);
        co_await news.send(2);
        auto second = news.subscribe();
        group.spawn(collect(second, late));
        CHECK(news.subscriptions() == 2);
        co_await news.send(3);
        news.close();
        co_await group.join();
        CHECK(early == std::vector{1, 2, 3});
        CHECK(late == std::vector{3});
    });
}

BROADCAST_TEST_CASE("an item is held until everyone has received it, and no longer", "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<shared_item, TestType> news(4, slow_receivers::wait);
        auto first = news.subscribe();
        auto second = news.subscribe();
        std::optional<typename basic_broadcast<shared_item, TestType>::subscription> third(
            std::in_place, news);
        const auto item = std::make_shared<int>(7);
        co_await news.send(shared_item(item));
        CHECK(item.use_count() == 2);
        const auto one = co_await first.receive();
        CHECK(*one == item);
        const auto other = co_await second.receive();
        CHECK(*other == item);
        CHECK(item.use_count() == 4);
        third.reset();
        CHECK(item.use_count() == 3);
        CHECK(news.size() == 0);
    });
}

BROADCAST_TEST_CASE("a thousand subscriptions receive all that is sent", "[coro]") {
    constexpr int count = 200;
    constexpr std::size_t receivers = 1'000;
    const auto policy = GENERATE(slow_receivers::wait, slow_receivers::disconnect);
    run_virtually([policy](loop&) -> task<> {
        basic_broadcast<int, TestType> news(8, policy);
        std::vector<std::vector<int>> received(receivers);
        const auto receiver = [&](std::vector<int>& mine) -> task<> {
            auto subscription = news.subscribe();
            co_await collect(subscription, mine);
        };
        joinable_task_group group;
        for (auto& mine : received)
            group.spawn(receiver(mine));
        std::vector<int> expected;
        for (int i = 0; i < count; ++i) {
            expected.push_back(i);
            co_await news.send(int(i));
            if (policy != slow_receivers::wait)
                co_await ringlet::yield();
        }
        news.close();
        co_await group.join();
        for (const auto& mine : received)
            REQUIRE(mine == expected);
    });
}

BROADCAST_TEST_CASE("what was sent before the close is received, then nothing", "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<int, TestType> news(2, slow_receivers::wait);
        auto behind = news.subscribe();
        auto waiting = news.subscribe();
        std::vector<int> received;
        joinable_task_group group;
        group.spawn(collect(waiting, received));
        co_await news.send(1);
        co_await news.send(2);
        CHECK_FALSE(news.closed());
        news.close();
        news.close();
        CHECK(news.closed());
        auto late = news.subscribe();
        for (const std::optional<int>& expected : {std::optional(1), std::optional(2), {}, {}}) {
            const std::optional<int> item = co_await behind.receive();
            CHECK(item == expected);
        }
        const std::optional<int> none = co_await late.receive();
        CHECK_FALSE(none.has_value());
        co_await group.join();
        CHECK(received == std::vector{1, 2});
    });
}

BROADCAST_TEST_CASE("an item with a name is sent to a broadcast as a copy, and stays as it was",
                    "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<shared_item, TestType> news(2, slow_receivers::wait);
        auto subscription = news.subscribe();
        const auto item = std::make_shared<const int>(1);
        co_await news.send(item);
        CHECK(news.try_send(item));
        CHECK_FALSE(news.try_send(item));
        CHECK(item.use_count() == 3);
        for (int i = 0; i < 2; ++i) {
            const auto received = co_await subscription.receive();
            CHECK(received == item);
        }
        CHECK(item.use_count() == 1);
    });
}

BROADCAST_TEST_CASE("a closed broadcast takes nothing, and the item stays with the sender",
                    "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<shared_item, TestType> news(1, slow_receivers::wait);
        auto slow = news.subscribe();
        std::error_code waiting_error;
        auto kept = std::make_shared<const int>(2);
        const auto sender = [&]() -> task<> { co_await news.send(std::move(kept), waiting_error); };
        CHECK(news.try_send(std::make_shared<const int>(1)));
        joinable_task_group group;
        group.spawn(sender());
        news.close();
        co_await group.join();
        CHECK(waiting_error == std::errc::broken_pipe);
        CHECK(kept != nullptr);
        CHECK_FALSE(news.try_send(std::move(kept)));
        std::string text;
        try {
            co_await news.send(std::move(kept));
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::broken_pipe);
            text = error.what();
        }
        CHECK(text.find(TestType::send) == 0);
        CHECK(kept != nullptr);
    });
}

BROADCAST_TEST_CASE("an item whose copying fails can be received again", "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<brittle, TestType> news(1, slow_receivers::wait);
        auto subscription = news.subscribe();
        co_await news.send(brittle(5));
        brittle::breaks = true;
        bool thrown = false;
        try {
            co_await subscription.receive();
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        CHECK(thrown);
        const auto item = co_await subscription.receive();
        CHECK(item->number == 5);
    });
}

BROADCAST_TEST_CASE("one coroutine at a time receives from a subscription", "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<int, TestType> news(1, slow_receivers::wait);
        auto subscription = news.subscribe();
        std::vector<int> received;
        joinable_task_group group;
        group.spawn(collect(subscription, received));
        for (const bool sent : {false, true}) {
            if (sent)
                CHECK(news.try_send(1));
            bool refused = false;
            try {
                co_await subscription.receive();
            } catch (const std::logic_error&) {
                refused = true;
            }
            CHECK(refused);
        }
        news.close();
        co_await group.join();
        CHECK(received == std::vector{1});
    });
}

BROADCAST_TEST_CASE("a broadcast that never makes anyone wait lets others go on", "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<int, TestType> news(1, slow_receivers::wait);
        auto subscription = news.subscribe();
        const auto again = [&]() -> task<> {
            co_await news.send(1);
            const std::optional<int> item = co_await subscription.receive();
            CHECK(item == 1);
        };
        const bool gone_on = co_await others_go_on(again);
        CHECK(gone_on);
    });
}

}  // namespace tests::coro_basic_broadcast
