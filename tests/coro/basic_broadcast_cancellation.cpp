// Cancelling a sender or a receiver of a broadcast never loses an item.

#include "cancellable.hpp"
#include "counted.hpp"
#include "every_broadcast.hpp"

#include <ringlet/coro/sleep_for.hpp>

#include <memory>
#include <optional>

namespace tests::coro_basic_broadcast_cancellation {

using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::slow_receivers;
using ringlet::task;
using ringlet::detail::basic_broadcast;
using ringlet::detail::joinable_task_group;

BROADCAST_TEST_CASE("a receive from a broadcast that is cancelled while it waits takes nothing",
                    "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<int, TestType> news(2, slow_receivers::wait);
        auto subscription = news.subscribe();
        std::error_code error;
        const auto cancelled = [&]() -> task<> {
            const auto item = co_await subscription.receive(error);
            CHECK_FALSE(item.has_value());
        };
        joinable_task_group group;
        group.spawn(cancelled());
        group.cancel();
        CHECK(news.try_send(1));
        CHECK(news.try_send(2));
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        {
            cancel_scope before;
            before.cancel();
            const auto none = co_await subscription.receive(error);
            CHECK_FALSE(none.has_value());
            CHECK(error == std::errc::operation_canceled);
        }
        for (int i = 1; i <= 2; ++i) {
            const std::optional<int> item = co_await subscription.receive();
            CHECK(item == i);
        }
    });
}

BROADCAST_TEST_CASE(
    "a receive from a broadcast that is cancelled in the turn of the send has the item", "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<int, TestType> news(1, slow_receivers::wait);
        auto subscription = news.subscribe();
        std::error_code error = std::make_error_code(std::errc::io_error);
        std::optional<int> received;
        const auto receiver = [&]() -> task<> { received = co_await subscription.receive(error); };
        joinable_task_group group;
        group.spawn(receiver());
        CHECK(news.try_send(1));
        group.cancel();
        co_await group.join();
        CHECK_FALSE(error);
        CHECK(received == 1);
    });
}

BROADCAST_TEST_CASE("a send to a broadcast that is cancelled leaves the item with the sender",
                    "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<shared_item, TestType> news(1, slow_receivers::wait);
        auto subscription = news.subscribe();
        CHECK(news.try_send(std::make_shared<const int>(1)));
        std::error_code error;
        auto item = std::make_shared<const int>(2);
        const auto sender = [&]() -> task<> { co_await news.send(std::move(item), error); };
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, sender()));
        group.spawn(send_one(news, std::make_shared<const int>(3)));
        scope->cancel();
        for (const int expected : {1, 3}) {
            const auto received = co_await subscription.receive();
            CHECK(**received == expected);
        }
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        CHECK(item != nullptr);

        cancel_scope before;
        before.cancel();
        co_await news.send(std::move(item), error);
        CHECK(error == std::errc::operation_canceled);
        CHECK(item != nullptr);
        CHECK(news.size() == 0);
    });
}

BROADCAST_TEST_CASE(
    "a send of a copy to a broadcast that is cancelled sends nothing, and what was copied "
    "stays",
    "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<shared_item, TestType> news(1, slow_receivers::wait);
        auto subscription = news.subscribe();
        CHECK(news.try_send(std::make_shared<const int>(1)));
        std::error_code error;
        const auto item = std::make_shared<const int>(2);
        const auto sender = [&]() -> task<> { co_await news.send(item, error); };
        joinable_task_group group;
        group.spawn(sender());
        CHECK(item.use_count() == 2);
        group.cancel();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        CHECK(*item == 2);
        CHECK(item.use_count() == 1);
        CHECK(news.size() == 1);
    });
}

BROADCAST_TEST_CASE("a send to a broadcast that is cancelled once it was let in has succeeded",
                    "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<shared_item, TestType> news(1, slow_receivers::wait);
        auto subscription = news.subscribe();
        CHECK(news.try_send(std::make_shared<const int>(1)));
        std::error_code error = std::make_error_code(std::errc::io_error);
        auto item = std::make_shared<const int>(2);
        const auto sender = [&]() -> task<> { co_await news.send(std::move(item), error); };
        joinable_task_group group;
        group.spawn(sender());
        const auto first = co_await subscription.receive();
        CHECK(**first == 1);
        group.cancel();
        co_await group.join();
        CHECK_FALSE(error);
        CHECK(item == nullptr);
        const auto second = co_await subscription.receive();
        CHECK(**second == 2);
    });
}

BROADCAST_TEST_CASE("waiting for a disconnection can be cancelled", "[coro]") {
    run_virtually([](loop&) -> task<> {
        basic_broadcast<int, TestType> news(1, slow_receivers::disconnect);
        auto subscription = news.subscribe();
        bool told = false;
        const auto watcher = [&]() -> task<> {
            co_await subscription.until_disconnected();
            told = true;
        };
        joinable_task_group group;
        group.spawn(watcher());
        group.cancel();
        try {
            co_await group.join();
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::operation_canceled);
        }
        CHECK_FALSE(told);
    });
}

BROADCAST_TEST_CASE("items of a broadcast are destroyed once, whoever was cancelled or left",
                    "[coro]") {
    const auto policy =
        GENERATE(slow_receivers::wait, slow_receivers::drop_oldest, slow_receivers::disconnect);
    counted::begin();
    run_virtually([policy](loop&) -> task<> {
        basic_broadcast<counted, TestType> news(2, policy);
        auto idle = news.subscribe();
        const auto sender = [&]() -> task<> {
            for (int i = 0; i < 5; ++i)
                co_await news.send(counted(i));
        };
        const auto receiver = [&]() -> task<> {
            auto subscription = news.subscribe();
            for (int i = 0; i < 2; ++i) {
                co_await subscription.receive();
                co_await ringlet::yield();
            }
        };
        for (int turns = 0; turns < 4; ++turns) {
            joinable_task_group group;
            group.spawn(receiver());
            group.spawn(sender());
            for (int turn = 0; turn < turns; ++turn)
                co_await ringlet::yield();
            group.cancel();
            try {
                co_await group.join();
            } catch (const std::system_error&) {
                CHECK(policy == slow_receivers::disconnect);
            }
        }
        CHECK(news.size() <= 2);
    });
    CHECK(counted::alive() == 0);
    CHECK(counted::strays() == 0);
}

}  // namespace tests::coro_basic_broadcast_cancellation
